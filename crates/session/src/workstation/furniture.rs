//! What lies on the workstation's disk when a person arrives: a home folder, users, a shell's start-up file, a kubeconfig.

use super::HOME;

/// Puts everything there.
pub(super) fn furnish(root: &mut os::Tree) -> os::SysResult<()> {
    root.make_dirs(HOME)?;
    os::image::add_extras(root)?;
    root.put_file("/usr/local/bin/kubectl", os::program_file("kubectl"), 0o755)?;
    root.put_file("/usr/lib/command-not-found", os::program_file("command-not-found"), 0o755)?;
    root.put_file("/etc/bash.bashrc", BASH_BASHRC.as_bytes().to_vec(), 0o644)?;
    root.put_file("/usr/bin/sudo", os::program_file("sudo"), 0o4755)?;
    root.put_file("/etc/sudoers", b"user ALL=(ALL:ALL) NOPASSWD:ALL\n".to_vec(), 0o440)?;
    root.put_file("/etc/hostname", b"workstation\n".to_vec(), 0o644)?;
    root.put_file("/etc/passwd", PASSWD.as_bytes().to_vec(), 0o644)?;
    root.put_file("/etc/group", b"root:x:0:\nuser:x:1000:\n".to_vec(), 0o644)?;
    root.put_file(&format!("{HOME}/.bashrc"), BASHRC.as_bytes().to_vec(), 0o644)?;
    root.put_file(&format!("{HOME}/.kube/config"), KUBECONFIG.as_bytes().to_vec(), 0o600)?;
    courses(root)
}

/// The folders that courses work in, where they say these are.
fn courses(root: &mut os::Tree) -> os::SysResult<()> {
    for name in ["frontend", "nodejs", "crystal"] {
        for (file, text) in ECSDEMO {
            let path = format!("/srv/courses/environment/ecsdemo-{name}/kubernetes/{file}");
            root.put_file(&path, text.replace("NAME", name).into_bytes(), 0o644)?;
        }
    }
    root.put_link(&format!("{HOME}/environment"), "/srv/courses/environment")?;
    for (path, text) in COURSES {
        root.put_file(path, text.as_bytes().to_vec(), 0o644)?;
    }
    Ok(())
}

/// Folders of which a course is the owner: one works in them as the user.
pub(super) const COURSE_FOLDERS: [&str; 3] =
    ["/srv/courses/environment", "/simple-app", "/microservices_deployment"];

const ECSDEMO: [(&str, &str); 2] = [
    ("deployment.yaml", include_str!("../courses/ecsdemo-deployment.yaml")),
    ("service.yaml", include_str!("../courses/ecsdemo-service.yaml")),
];

const COURSES: [(&str, &str); 6] = [
    ("/simple-app/pods.yml", include_str!("../courses/pods.yml")),
    ("/simple-app/services.yml", include_str!("../courses/services.yml")),
    ("/simple-app/pods-replicaset.yml", include_str!("../courses/pods-replicaset.yml")),
    ("/simple-app/pods-deployement.yml", include_str!("../courses/pods-deployement.yml")),
    ("/microservices_deployment/workloads.yml", include_str!("../courses/workloads.yml")),
    ("/microservices_deployment/services.yml", include_str!("../courses/fleetman-services.yml")),
];

/// As Debian's, whose shell asks a program about commands that are not there.
const BASH_BASHRC: &str =
    "command_not_found_handle() {\n    /usr/lib/command-not-found \"$@\"\n    return 127\n}\n";

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
