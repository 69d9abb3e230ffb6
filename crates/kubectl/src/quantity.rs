//! Resource quantities, as far as a client adds and prints them (describe node, sorting).

/// A quantity in thousandths.
pub type Milli = i128;

/// Parses `500m`, `1.5`, `64Mi`, `1e3`, `2k` into thousandths. `None`: it is no quantity.
pub fn parse(text: &str) -> Option<Milli> {
    let end = text.find(|c: char| !(c.is_ascii_digit() || matches!(c, '.' | '+' | '-'))).unwrap_or(text.len());
    let (number, suffix) = text.split_at(end);
    let scale: f64 = match suffix {
        "" => 1.0,
        "n" => 1e-9,
        "u" => 1e-6,
        "m" => 1e-3,
        "k" => 1e3,
        "M" => 1e6,
        "G" => 1e9,
        "T" => 1e12,
        "P" => 1e15,
        "E" => 1e18,
        "Ki" => 1024.0,
        "Mi" => 1_048_576.0,
        "Gi" => 1_073_741_824.0,
        "Ti" => 1_099_511_627_776.0,
        "Pi" => 1_125_899_906_842_624.0,
        "Ei" => 1_152_921_504_606_846_976.0,
        exponent => 10f64.powi(exponent.strip_prefix(['e', 'E'])?.parse::<i32>().ok()?),
    };
    if let Ok(whole) = number.parse::<i128>()
        && scale >= 1.0
        && scale < 1.7e18
    {
        return Some(whole.saturating_mul(scale as i128).saturating_mul(1000));
    }
    if !number.bytes().any(|b| b.is_ascii_digit()) {
        return None;
    }
    Some((number.parse::<f64>().ok()? * scale * 1000.0).ceil() as Milli)
}

/// Prints thousandths in decimal units: `100m`, `2`, `1500m`.
pub fn decimal(milli: Milli) -> String {
    if milli % 1000 != 0 {
        return format!("{milli}m");
    }
    let mut value = milli / 1000;
    for suffix in ["", "k", "M", "G", "T", "P"] {
        if value == 0 || value % 1000 != 0 {
            return format!("{value}{suffix}");
        }
        value /= 1000;
    }
    format!("{value}E")
}

/// Prints thousandths of bytes in binary units as far as they divide: `64Mi`, `1Gi`, `100`.
pub fn binary(milli: Milli) -> String {
    let mut value = (milli + 999) / 1000;
    for suffix in ["", "Ki", "Mi", "Gi", "Ti", "Pi"] {
        if value == 0 || value % 1024 != 0 {
            return format!("{value}{suffix}");
        }
        value /= 1024;
    }
    format!("{value}Ei")
}
