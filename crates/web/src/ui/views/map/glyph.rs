//! A pod's state as a shape: readable without colour.

use kubarium_web::model::pod_look::Look;
use yew::prelude::*;

/// The shape, coloured by its class.
pub fn glyph(look: Look) -> Html {
    let shape = match look {
        Look::Ready => html! { <rect class="fill" x="2" y="2" width="12" height="12" rx="3" /> },
        Look::Unready => {
            html! { <><rect class="line" x="2.8" y="2.8" width="10.4" height="10.4" rx="2.4" /><path class="fill" d="M3 9h10v2.2A2 2 0 0 1 11 13.2H5A2 2 0 0 1 3 11.2z" /></> }
        }
        Look::Starting => html! { <circle class="line dashed" cx="8" cy="8" r="5.2" /> },
        Look::Waiting => html! { <path class="line" d="M8 1.9 14.1 8 8 14.1 1.9 8z" /> },
        Look::Failing => {
            html! { <><path class="fill" d="M8 1.6 15 14H1z" /><path class="ink" d="M8 6v3.6M8 11.7h.01" /></> }
        }
        Look::Leaving => html! { <path class="line" d="M3.2 3.2l9.6 9.6M12.8 3.2l-9.6 9.6" /> },
        Look::Done => html! { <path class="line" d="M2.6 8.6 6.3 12.3 13.4 4.2" /> },
        Look::Unknown => {
            html! { <path class="line" d="M5.4 5.6a2.6 2.6 0 1 1 3.9 2.3c-.9.5-1.3 1-1.3 2M8 13h.01" /> }
        }
    };
    html! { <svg class={classes!("glyph", look.class())} viewBox="0 0 16 16" aria-hidden="true" focusable="false">{ shape }</svg> }
}
