//! What lies on the workstation's disk when a person arrives: a home folder, users, a shell's start-up file, a kubeconfig.

use super::HOME;

/// Puts everything there.
pub(super) fn furnish(root: &mut os::Tree) -> os::SysResult<()> {
    root.make_dirs(HOME)?;
    os::image::add_extras(root)?;
    root.put_file("/usr/local/bin/kubectl", os::program_file("kubectl"), 0o755)?;
    root.put_file("/usr/bin/sudo", os::program_file("sudo"), 0o4755)?;
    root.put_file("/etc/sudoers", b"user ALL=(ALL:ALL) NOPASSWD:ALL\n".to_vec(), 0o440)?;
    root.put_file("/etc/hostname", b"workstation\n".to_vec(), 0o644)?;
    root.put_file("/etc/passwd", PASSWD.as_bytes().to_vec(), 0o644)?;
    root.put_file("/etc/group", b"root:x:0:\nuser:x:1000:\n".to_vec(), 0o644)?;
    root.put_file(&format!("{HOME}/.bashrc"), BASHRC.as_bytes().to_vec(), 0o644)?;
    root.put_file(&format!("{HOME}/.kube/config"), KUBECONFIG.as_bytes().to_vec(), 0o600)?;
    Ok(())
}

const PASSWD: &str = "root:x:0:0:root:/root:/bin/bash\nuser:x:1000:1000:,,,:/home/user:/bin/bash\n\
                      nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n";

const BASHRC: &str = "alias k=kubectl\nalias ll='ls -alF'\nPS1='\\w\\$ '\n";

/// As kubeadm writes admin.conf; certificates are not simulated, the user's name is what counts.
const KUBECONFIG: &str = "apiVersion: v1
clusters:
- cluster:
    server: https://192.168.49.2:6443
  name: kubernetes
contexts:
- context:
    cluster: kubernetes
    user: kubernetes-admin
  name: kubernetes-admin@kubernetes
current-context: kubernetes-admin@kubernetes
kind: Config
preferences: {}
users:
- name: kubernetes-admin
  user: {}
";
