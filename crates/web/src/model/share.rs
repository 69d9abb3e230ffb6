//! Texts of the share dialog: link, Markdown, iframe; and how long a link may be.

/// What a link's length means for those who open it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Length {
    /// Opens everywhere.
    Good,
    /// Some chats and mail programs cut it.
    Long,
    /// Better as a file.
    TooLong,
}

/// Judges a link by its characters.
pub fn length(link: &str) -> Length {
    match link.len() {
        0..=8_000 => Length::Good,
        8_001..=30_000 => Length::Long,
        _ => Length::TooLong,
    }
}

/// What to say about the length; empty when all is well.
pub fn length_advice(link: &str) -> &'static str {
    match length(link) {
        Length::Good => "",
        Length::Long => "Some chats and mail programs cut links of this length.",
        Length::TooLong => "Too long for a link in most places: save it as a file instead.",
    }
}

/// The page that holds the app or the embed, without query and fragment, as a base for links.
pub fn folder(url: &str) -> &str {
    let end = url.find(['?', '#']).unwrap_or(url.len());
    let path = &url[..end];
    &path[..path.rfind('/').map_or(path.len(), |it| it + 1)]
}

/// A link to a page of the folder that shows a session. The query says how to look at it: pairs without a value are
/// left out.
pub fn link(folder: &str, page: &str, query: &[(&str, &str)], fragment: &str) -> String {
    let pairs: Vec<String> =
        query.iter().filter(|it| !it.1.is_empty()).map(|it| format!("{}={}", it.0, it.1)).collect();
    match pairs.is_empty() {
        true => format!("{folder}{page}#{fragment}"),
        false => format!("{folder}{page}?{}#{fragment}", pairs.join("&")),
    }
}

/// A badge for a README.
pub fn markdown(link: &str, folder: &str) -> String {
    format!("[![Open in Kubarium]({folder}icons/badge.svg)]({link})")
}

/// HTML that embeds a session.
pub fn iframe(link: &str, title: &str) -> String {
    let link = link.replace('&', "&amp;");
    let title = title.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;");
    format!(
        "<iframe src=\"{link}\" title=\"{title}\" loading=\"lazy\" \
         style=\"width:100%;height:480px;border:0\" allow=\"clipboard-write; fullscreen\" \
         sandbox=\"allow-scripts allow-same-origin allow-popups allow-downloads\"></iframe>"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_stay_in_their_folder() {
        assert_eq!(folder("https://h/a/b/?x=1#/z/p"), "https://h/a/b/");
        assert_eq!(folder("https://h/a/embed.html#/z/p"), "https://h/a/");
        let query = [("view", "rollout"), ("autoplay", "")];
        assert_eq!(link("https://h/a/", "", &query, "/z/p"), "https://h/a/?view=rollout#/z/p");
        assert_eq!(link("https://h/a/", "embed.html", &[], "/z/p"), "https://h/a/embed.html#/z/p");
        let html = iframe("https://h/embed.html?a=1&b=2#/z/p", "A \"title\"");
        assert!(
            html.contains("src=\"https://h/embed.html?a=1&amp;b=2#/z/p\" title=\"A &quot;title&quot;\""),
            "{html}"
        );
    }

    #[test]
    fn long_links_are_judged_by_their_budgets() {
        assert_eq!(length(&"x".repeat(2_000)), Length::Good);
        assert_eq!(length(&"x".repeat(8_001)), Length::Long);
        assert_eq!(length(&"x".repeat(30_001)), Length::TooLong);
    }
}
