//! Users and groups of /etc/passwd and /etc/group.

use crate::kernel::Sys;

/// A line of /etc/passwd.
#[derive(Clone, PartialEq, Debug)]
pub struct User {
    /// The login name.
    pub name: String,
    /// 0 is root.
    pub uid: u32,
    /// The first group.
    pub gid: u32,
    /// `/` when the line has none.
    pub home: String,
    /// `/bin/sh` when the line has none.
    pub shell: String,
}

/// All users.
pub fn all(sys: &mut Sys<'_>) -> Vec<User> {
    let text = sys.vfs().read_text("/etc/passwd").unwrap_or_default();
    text.lines()
        .filter_map(|line| {
            let f: Vec<&str> = line.split(':').collect();
            Some(User {
                name: f.first()?.to_string(),
                uid: f.get(2)?.parse().ok()?,
                gid: f.get(3)?.parse().ok()?,
                home: f.get(5).unwrap_or(&"/").to_string(),
                shell: f.get(6).unwrap_or(&"/bin/sh").to_string(),
            })
        })
        .collect()
}

/// The first user of /etc/passwd with that number.
pub fn by_uid(sys: &mut Sys<'_>, uid: u32) -> Option<User> {
    all(sys).into_iter().find(|u| u.uid == uid)
}

/// The user of that name.
pub fn by_name(sys: &mut Sys<'_>, name: &str) -> Option<User> {
    all(sys).into_iter().find(|u| u.name == name)
}

/// Groups: name, number, members.
pub fn groups(sys: &mut Sys<'_>) -> Vec<(String, u32, Vec<String>)> {
    let text = sys.vfs().read_text("/etc/group").unwrap_or_default();
    text.lines()
        .filter_map(|line| {
            let f: Vec<&str> = line.split(':').collect();
            let members =
                f.get(3).unwrap_or(&"").split(',').filter(|m| !m.is_empty()).map(str::to_string).collect();
            Some((f.first()?.to_string(), f.get(2)?.parse().ok()?, members))
        })
        .collect()
}

/// The user's name, or the number.
pub fn user_name(sys: &mut Sys<'_>, uid: u32) -> String {
    by_uid(sys, uid).map_or(uid.to_string(), |u| u.name)
}

/// The group's name, or the number.
pub fn group_name(sys: &mut Sys<'_>, gid: u32) -> String {
    groups(sys).into_iter().find(|(_, g, _)| *g == gid).map_or(gid.to_string(), |(n, _, _)| n)
}
