//! Trees to start from: the files every small image has.

use crate::{
    fs::{Content, Device, Inode, Node, Tree},
    kernel::Flavour,
    program::program_file,
    time::Time,
};
use std::rc::Rc;

/// A tree with the usual directories, devices, users, and the built-in programs of the flavour in /bin and /usr/bin.
pub fn base(flavour: Flavour) -> Tree {
    let mut tree = bare();
    // Paths are constant and the tree is empty and unlimited: nothing can be in the way.
    add_programs(&mut tree, flavour).expect("an empty tree takes the built-in programs");
    if flavour == Flavour::Gnu {
        let text = crate::bin::OPENSSL_CNF;
        tree.put_file("/etc/ssl/openssl.cnf", text.as_bytes().to_vec(), 0o644)
            .expect("an empty tree takes a file");
    }
    tree
}

/// A tree with directories, devices and users but without programs (a "distroless" image).
pub fn bare() -> Tree {
    let mut tree = Tree::new();
    fill(&mut tree).expect("an empty tree takes the standard files");
    tree
}

fn fill(tree: &mut Tree) -> crate::SysResult<()> {
    for dir in [
        "/bin",
        "/dev/pts",
        "/dev/shm",
        "/etc",
        "/home",
        "/proc",
        "/root",
        "/run",
        "/sys/fs/cgroup",
        "/usr/bin",
        "/usr/sbin",
        "/usr/local/bin",
        "/sbin",
        "/usr/share",
        "/var/log",
        "/var/run",
        "/opt",
        "/mnt",
        "/srv",
    ] {
        tree.make_dirs(dir)?;
    }
    for dir in ["/tmp", "/var/tmp"] {
        let ino = tree.make_dirs(dir)?;
        if let Some(inode) = tree.get_mut(ino) {
            inode.mode = 0o1777;
        }
    }
    let root_home = tree.make_dirs("/root")?;
    if let Some(inode) = tree.get_mut(root_home) {
        inode.mode = 0o700;
    }
    let devices = [
        ("null", Device::Null),
        ("zero", Device::Zero),
        ("full", Device::Full),
        ("random", Device::Random),
        ("urandom", Device::Random),
        ("tty", Device::Tty),
        ("console", Device::Console),
        ("stdin", Device::Fd(0)),
        ("stdout", Device::Fd(1)),
        ("stderr", Device::Fd(2)),
    ];
    for (name, device) in devices {
        tree.put(&format!("/dev/{name}"), Inode::new(Node::Device(device), 0o666, Time(0)))?;
    }
    for fd in 0..10 {
        tree.put(&format!("/dev/fd/{fd}"), Inode::new(Node::Device(Device::Fd(fd)), 0o666, Time(0)))?;
    }
    tree.put_file("/etc/passwd", b"root:x:0:0:root:/root:/bin/sh\nbin:x:1:1:bin:/bin:/sbin/nologin\ndaemon:x:2:2:daemon:/sbin:/sbin/nologin\nwww-data:x:33:33:www-data:/var/www:/sbin/nologin\nnobody:x:65534:65534:nobody:/nonexistent:/sbin/nologin\n".to_vec(), 0o644)?;
    tree.put_file(
        "/etc/group",
        b"root:x:0:\nbin:x:1:\ndaemon:x:2:\ntty:x:5:\nwheel:x:10:\nwww-data:x:33:\nnogroup:x:65534:\n"
            .to_vec(),
        0o644,
    )?;
    tree.put_file(
        "/etc/hosts",
        b"127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n".to_vec(),
        0o644,
    )?;
    tree.put_file("/etc/resolv.conf", Vec::new(), 0o644)?;
    Ok(())
}

/// Puts the built-in programs into /bin (and links in /usr/bin).
pub fn add_programs(tree: &mut Tree, flavour: Flavour) -> crate::SysResult<()> {
    let busybox = Content::shared(Rc::new(program_file("busybox")));
    if flavour == Flavour::BusyBox {
        tree.put_file("/bin/busybox", busybox, 0o755)?;
    }
    for spec in crate::bin::PROGRAMS {
        if !crate::bin::belongs(spec.name, flavour) {
            continue;
        }
        let path = format!("/bin/{}", spec.name);
        match flavour {
            Flavour::BusyBox if spec.name != "busybox" => tree.put_link(&path, "/bin/busybox")?,
            Flavour::BusyBox => continue,
            Flavour::Gnu => tree.put_file(&path, program_file(spec.name), 0o755)?,
        };
        tree.put_link(&format!("/usr/bin/{}", spec.name), &format!("/bin/{}", spec.name))?;
    }
    Ok(())
}

/// Puts what people install beyond a base image into /usr/bin: editors, pagers, jq.
pub fn add_extras(tree: &mut Tree) -> crate::SysResult<()> {
    for name in crate::bin::EXTRAS {
        tree.put_file(&format!("/usr/bin/{name}"), program_file(name), 0o755)?;
    }
    Ok(())
}
