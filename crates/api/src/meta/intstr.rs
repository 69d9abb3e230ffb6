//! A number, or text that is a percentage or the name of a port (`k8s.io/apimachinery/pkg/util/intstr`).

use std::fmt;

use crate::base::str::Str;

/// `intstr.IntOrString`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum IntOrString {
    /// A number, also in JSON.
    Int(i32),
    /// Text: `25%`, or a port's name.
    String(Str),
}

impl IntOrString {
    /// The number; text counts as its leading number, else 0 (`IntValue`).
    pub fn int_value(&self) -> i32 {
        match self {
            IntOrString::Int(value) => *value,
            IntOrString::String(text) => text.parse().unwrap_or(0),
        }
    }

    /// Reads a number or else text (`intstr.Parse`).
    pub fn parse(text: &str) -> IntOrString {
        text.parse().map_or_else(|_| IntOrString::String(text.into()), IntOrString::Int)
    }

    /// The percentage that the text gives, such as 25 for `25%`.
    pub fn percent(&self) -> Option<i32> {
        match self {
            IntOrString::Int(_) => None,
            IntOrString::String(text) => text.strip_suffix('%')?.parse().ok(),
        }
    }

    /// The number, or that share of `total` (`GetScaledValueFromIntOrPercent`). Text that is no percentage is an error.
    pub fn scaled(&self, total: i32, round_up: bool) -> Result<i32, String> {
        let text = match self {
            IntOrString::Int(value) => return Ok(*value),
            IntOrString::String(text) => text,
        };
        let Some(digits) = text.strip_suffix('%') else {
            return Err("invalid value for IntOrString: invalid type: string is not a percentage".to_owned());
        };
        let percent: i64 = digits.parse().map_err(|_| {
            format!(
                "invalid value for IntOrString: invalid value {:?}: strconv.Atoi: parsing {digits:?}: invalid syntax",
                text.as_str()
            )
        })?;
        let product = percent * i64::from(total);
        let scaled = if round_up {
            product.div_euclid(100) + i64::from(product.rem_euclid(100) > 0)
        } else {
            product / 100
        };
        Ok(i32::try_from(scaled).unwrap_or(i32::MAX))
    }
}

impl Default for IntOrString {
    fn default() -> IntOrString {
        IntOrString::Int(0)
    }
}
impl From<i32> for IntOrString {
    fn from(value: i32) -> IntOrString {
        IntOrString::Int(value)
    }
}
impl From<&str> for IntOrString {
    fn from(text: &str) -> IntOrString {
        IntOrString::String(text.into())
    }
}
impl fmt::Display for IntOrString {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            IntOrString::Int(value) => write!(f, "{value}"),
            IntOrString::String(text) => f.write_str(text),
        }
    }
}
impl fmt::Debug for IntOrString {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
impl From<&IntOrString> for crate::Json {
    fn from(value: &IntOrString) -> crate::Json {
        match value {
            IntOrString::Int(value) => crate::Json::from(*value),
            IntOrString::String(text) => crate::Json::from(text),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentages_round_as_asked() {
        let quarter = IntOrString::from("25%");
        assert_eq!((quarter.scaled(3, true), quarter.scaled(3, false)), (Ok(1), Ok(0)));
        assert_eq!((quarter.scaled(4, true), quarter.scaled(4, false)), (Ok(1), Ok(1)));
        assert_eq!(IntOrString::from(7).scaled(3, true), Ok(7));
        assert!(IntOrString::from("http").scaled(3, true).is_err());
    }
}
