//! What openssl says when something cannot be read, with the lines of its error queue.

use crate::{bytes::der, errno::Errno};

/// A line of the error queue. Real ones begin with the number of the thread.
pub fn line(text: &str) -> String {
    format!("4067A3C2147F0000:error:{text}\n")
}

fn number(e: Errno) -> &'static str {
    match e {
        Errno::ENOENT => "80000002",
        Errno::EACCES => "8000000D",
        Errno::ENOTDIR => "80000014",
        Errno::EISDIR => "80000015",
        Errno::EROFS => "8000001E",
        _ => "80000005",
    }
}

/// Keys and certificates go through the store.
pub fn cannot_open(what: &str, file: &str, e: Errno) -> String {
    format!("Could not open file or uri for loading {what} from {file}\n")
        + &line(
            "16000069:STORE routines:ossl_store_get0_loader_int:unregistered scheme:../crypto/store/store_register.c:237:scheme=file",
        )
        + &line(&format!(
            "{}:system library:file_open:{e}:../providers/implementations/storemgmt/file_store.c:267:calling stat({file})",
            number(e)
        ))
}

/// What was read holds nothing of the kind.
pub fn cannot_read(what: &str, file: Option<&str>, bytes: &[u8]) -> String {
    let mut text = format!("Could not read {what} from {}\n", file.unwrap_or("<stdin>"));
    // Bytes that could be DER, and armour around something else, get as far as the decoders.
    let armoured = der::blocks(bytes);
    let other = armoured.iter().any(|(label, _)| label != "CERTIFICATE");
    if other || armoured.is_empty() && der::Node::first(bytes).is_some() {
        text += &line(
            "1608010C:STORE routines:ossl_store_handle_load_result:unsupported:../crypto/store/store_result.c:151:",
        );
    }
    text
}

/// Other files are opened as such.
pub fn no_file(file: &str, e: Errno) -> String {
    format!("Can't open \"{file}\" for reading, {e}\n") + &queue_of_open(file, e, "r")
}

pub fn no_output(file: &str, e: Errno) -> String {
    format!("Can't open \"{file}\" for writing, {e}\n") + &queue_of_open(file, e, "w")
}

/// What the failed opening of a file leaves in the queue.
pub fn queue_of_open(file: &str, e: Errno, mode: &str) -> String {
    let reason = if e == Errno::ENOENT {
        "10000080:BIO routines:BIO_new_file:no such file:../crypto/bio/bss_file.c:75:"
    } else {
        "10080002:BIO routines:BIO_new_file:system lib:../crypto/bio/bss_file.c:77:"
    };
    line(&format!(
        "{}:system library:BIO_new_file:{e}:../crypto/bio/bss_file.c:67:calling fopen({file}, {mode})",
        number(e)
    )) + &line(reason)
}

/// The same of a file that is digested.
pub fn queue_of_input(file: &str, e: Errno) -> String {
    let number = number(e);
    line(&format!(
        "{number}:system library:file_ctrl:{e}:../crypto/bio/bss_file.c:297:calling fopen({file}, r)"
    )) + &line("10080002:BIO routines:file_ctrl:system lib:../crypto/bio/bss_file.c:300:")
}

/// A file without the armour that was looked for.
pub fn no_start_line(label: &str) -> String {
    line(&format!(
        "0480006C:PEM routines:get_name:no start line:../crypto/pem/pem_lib.c:763:Expecting: {label}"
    ))
}

/// An algorithm that there is not.
pub fn no_algorithm(name: &str) -> String {
    line(&format!(
        "0308010C:digital envelope routines:inner_evp_generic_fetch:unsupported:../crypto/evp/evp_fetch.c:373:Global default library context, Algorithm ({name} : 0), Properties (<null>)"
    ))
}
