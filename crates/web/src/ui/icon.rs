//! Line icons on a grid of 16, drawn in the colour of the text around them.

use yew::prelude::*;

/// Every icon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Icon {
    Map,
    Table,
    Layers,
    Share,
    Play,
    Pause,
    Step,
    Forward,
    Rewind,
    Branch,
    Live,
    Close,
    Copy,
    Insert,
    Plus,
    File,
    Folder,
    FolderOpen,
    Help,
    Sun,
    Moon,
    Check,
    Warning,
    Error,
    Info,
    Edit,
    Trash,
    Terminal,
    Restart,
    Link,
    Download,
    Sidebar,
    Power,
    Lock,
}

impl Icon {
    fn path(self) -> &'static str {
        match self {
            Icon::Map => "M2.5 2.5h4v4h-4zM9.5 2.5h4v4h-4zM2.5 9.5h4v4h-4zM9.5 9.5h4v4h-4z",
            Icon::Table => "M2.5 3h11v10h-11zM2.5 6.3h11M2.5 9.6h11M6 6.3V13",
            Icon::Layers => "M8 2.2 14 5.3 8 8.4 2 5.3zM2.4 8.2 8 11.1l5.6-2.9M2.4 11 8 13.9l5.6-2.9",
            Icon::Share => {
                "M11.5 5.2a1.7 1.7 0 1 0 0-3.4 1.7 1.7 0 0 0 0 3.4zM4.5 9.7a1.7 1.7 0 1 0 0-3.4 1.7 1.7 0 0 0 0 3.4zM11.5 14.2a1.7 1.7 0 1 0 0-3.4 1.7 1.7 0 0 0 0 3.4zM6 7.2l4-2.6M6 8.8l4 2.6"
            }
            Icon::Play => "M5 3.2v9.6l7.5-4.8z",
            Icon::Pause => "M5.5 3.5v9M10.5 3.5v9",
            Icon::Step => "M4 3.5v9L10 8zM12 3.5v9",
            Icon::Forward => "M2.5 4v8L7.5 8zM8.5 4v8l5-4z",
            Icon::Rewind => "M13.5 4v8l-5-4zM7.5 4v8l-5-4z",
            Icon::Branch => {
                "M4.5 5.2v5.6M4.5 5.2a1.6 1.6 0 1 0 0-3.2 1.6 1.6 0 0 0 0 3.2zM4.5 14a1.6 1.6 0 1 0 0-3.2 1.6 1.6 0 0 0 0 3.2zM11.5 6.7a1.6 1.6 0 1 0 0-3.2 1.6 1.6 0 0 0 0 3.2zM11.5 6.7c0 2.6-7 1.6-7 4.1"
            }
            Icon::Live => {
                "M8 9.6a1.6 1.6 0 1 0 0-3.2 1.6 1.6 0 0 0 0 3.2zM4.6 11.4a4.8 4.8 0 0 1 0-6.8M11.4 4.6a4.8 4.8 0 0 1 0 6.8"
            }
            Icon::Close => "M4 4l8 8M12 4l-8 8",
            Icon::Copy => "M5.5 5.5h7.5v8H5.5zM3 10.5v-8h7.5",
            Icon::Insert => "M13.5 3.5v5h-10M6.5 5.3 3.2 8.5l3.3 3.2",
            Icon::Plus => "M8 3v10M3 8h10",
            Icon::File => "M4 2h5.2L12.5 5.3V14H4zM9 2v3.5h3.5",
            Icon::Folder => "M2 4h4l1.5 1.7H14V13H2z",
            Icon::FolderOpen => "M2 12.5V4h4l1.5 1.7H13V7.5M2 12.8 4 7.5h10.5l-2 5.3z",
            Icon::Help => "M5.8 6.2a2.2 2.2 0 1 1 3.2 2c-.7.4-1 .8-1 1.6M8 12.2h.01",
            Icon::Sun => {
                "M8 10.8a2.8 2.8 0 1 0 0-5.6 2.8 2.8 0 0 0 0 5.6zM8 1.5v1.7M8 12.8v1.7M1.5 8h1.7M12.8 8h1.7M3.4 3.4l1.2 1.2M11.4 11.4l1.2 1.2M3.4 12.6l1.2-1.2M11.4 4.6l1.2-1.2"
            }
            Icon::Moon => "M13 9.6A5.6 5.6 0 0 1 6.4 3 5.6 5.6 0 1 0 13 9.6z",
            Icon::Check => "M3.2 8.6 6.4 11.8 12.8 4.6",
            Icon::Warning => "M8 2.5 14.2 13.3H1.8zM8 6.6v3M8 11.4h.01",
            Icon::Error => "M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12zM8 5v3.6M8 10.9h.01",
            Icon::Info => "M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12zM8 7.4V11M8 5.1h.01",
            Icon::Edit => "M3 13l.7-3L10.6 3l2.4 2.4L6 12.3zM9.2 4.4l2.4 2.4",
            Icon::Trash => "M2.8 4.3h10.4M6.3 4.3V2.7h3.4v1.6M4.2 4.3l.6 9h6.4l.6-9M6.8 6.8v4M9.2 6.8v4",
            Icon::Terminal => "M2 3h12v10H2zM4.5 6l2 2-2 2M8 10.2h3.3",
            Icon::Restart => "M13 8a5 5 0 1 1-1.5-3.5M13 2.3v2.9h-2.9",
            Icon::Link => {
                "M6.8 9.2a2.6 2.6 0 0 0 3.7 0l2.2-2.2a2.6 2.6 0 0 0-3.7-3.7l-.9.9M9.2 6.8a2.6 2.6 0 0 0-3.7 0L3.3 9a2.6 2.6 0 0 0 3.7 3.7l.9-.9"
            }
            Icon::Download => "M8 2.5v7.3M4.8 6.8 8 9.9l3.2-3.1M3 13.2h10",
            Icon::Sidebar => "M2 3h12v10H2zM6.3 3v10",
            Icon::Power => "M8 2v5.5M5 3.9a5 5 0 1 0 6 0",
            Icon::Lock => "M4 7.2h8v6H4zM5.6 7.2V5a2.4 2.4 0 0 1 4.8 0v2.2",
        }
    }

    /// Draws it; it says nothing to screen readers.
    pub fn draw(self) -> Html {
        html! {
            <svg class="icon" viewBox="0 0 16 16" aria-hidden="true" focusable="false">
                <path d={self.path()} />
            </svg>
        }
    }
}
