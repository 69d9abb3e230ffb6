//! Shell variables: strings, arrays, attributes, and the scopes of functions.

use std::rc::Rc;

use collections::OrdMap;

/// What a variable holds.
#[derive(Clone, PartialEq, Debug)]
pub enum Value {
    Text(String),
    Indexed(OrdMap<i64, String>),
    /// In the order of bash's hash table.
    Assoc(Vec<(String, String)>),
}

/// A variable. Without a value it is declared but unset.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Var {
    pub value: Option<Value>,
    pub exported: bool,
    pub readonly: bool,
    pub integer: bool,
    pub lower: bool,
    pub upper: bool,
    pub nameref: bool,
    /// Declared as an array, without a value yet.
    pub array: bool,
    /// `declare -t`
    pub traced: bool,
    /// `declare -c`: the first letter is a capital.
    pub capital: bool,
}

impl Var {
    /// Text as the variable takes it: in the case that its attributes ask for.
    pub fn cased(&self, text: String) -> String {
        if self.lower {
            text.to_lowercase()
        } else if self.upper {
            text.to_uppercase()
        } else if self.capital {
            let mut chars = text.chars();
            let first = chars.next().map(|c| c.to_uppercase().to_string()).unwrap_or_default();
            first + &chars.as_str().to_lowercase()
        } else {
            text
        }
    }

    /// The value as one string: element 0 of an array.
    pub fn text(&self) -> Option<&str> {
        match self.value.as_ref()? {
            Value::Text(t) => Some(t),
            Value::Indexed(a) => a.get(&0).map(String::as_str),
            Value::Assoc(a) => assoc_get(a, "0").map(String::as_str),
        }
    }
}

/// A refused assignment.
#[derive(Clone, PartialEq, Debug)]
pub struct ReadOnly(pub String);

/// What the local names of a function were before.
type Scope = Vec<(String, Option<Var>)>;

/// All variables. Clones share until something is set.
#[derive(Clone, Debug, Default)]
pub struct Vars {
    map: Rc<OrdMap<String, Var>>,
    /// For each function being run: what its local names were before.
    scopes: Rc<Vec<Scope>>,
}

impl Vars {
    /// The variable, or the one that a name reference leads to.
    pub fn get(&self, name: &str) -> Option<&Var> {
        let var = self.map.get(name)?;
        if !var.nameref {
            return Some(var);
        }
        match self.target(name) {
            Some(target) => self.map.get(&target),
            None => Some(var),
        }
    }

    /// The variable itself, even if it is a name reference.
    pub fn raw(&self, name: &str) -> Option<&Var> {
        self.map.get(name)
    }

    /// Where a name reference leads, over others if need be: a name, perhaps with a subscript. None for other variables,
    /// for references that lead nowhere yet, and for those that lead in a circle.
    pub fn target(&self, name: &str) -> Option<String> {
        let mut at = name.to_string();
        for _ in 0..8 {
            match self.map.get(&at) {
                Some(var) if var.nameref => match var.text() {
                    Some(text) if text != at => at = text.to_string(),
                    _ => return None,
                },
                _ => return (at != name).then_some(at),
            }
        }
        None
    }

    /// The value as one string.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.get(name)?.text()
    }

    /// The variable for a change; made if it does not exist.
    pub fn entry(&mut self, name: &str) -> &mut Var {
        let name = self.target(name).unwrap_or_else(|| name.to_string());
        Rc::make_mut(&mut self.map).entry(name).or_default()
    }

    /// The variable itself, even if it is a name reference.
    pub fn entry_raw(&mut self, name: &str) -> &mut Var {
        Rc::make_mut(&mut self.map).entry(name.to_string()).or_default()
    }

    /// Sets a string.
    pub fn set(&mut self, name: &str, text: impl Into<String>) -> Result<(), ReadOnly> {
        let var = self.entry(name);
        if var.readonly {
            return Err(ReadOnly(name.to_string()));
        }
        let text = var.cased(text.into());
        match &mut var.value {
            None if var.array => var.value = Some(Value::Indexed(OrdMap::from([(0, text)]))),
            Some(Value::Indexed(a)) => {
                a.insert(0, text);
            }
            Some(Value::Assoc(a)) => set_assoc(a, "0", text),
            other => *other = Some(Value::Text(text)),
        }
        Ok(())
    }

    /// Sets one element; `key` is a number for indexed arrays (negative counts from the end).
    pub fn set_element(&mut self, name: &str, key: &str, text: String) -> Result<(), ReadOnly> {
        let var = self.entry(name);
        if var.readonly {
            return Err(ReadOnly(name.to_string()));
        }
        let text = var.cased(text);
        if let Some(Value::Assoc(a)) = &mut var.value {
            set_assoc(a, key, text);
            return Ok(());
        }
        let array = as_indexed(&mut var.value);
        let at = element_at(array, key.parse().unwrap_or(0));
        array.insert(at, text);
        Ok(())
    }

    /// Replaces the whole value.
    pub fn set_value(&mut self, name: &str, value: Value) -> Result<(), ReadOnly> {
        let var = self.entry(name);
        if var.readonly {
            return Err(ReadOnly(name.to_string()));
        }
        var.value = Some(value);
        Ok(())
    }

    /// Forgets a variable.
    pub fn unset(&mut self, name: &str) -> Result<(), ReadOnly> {
        match self.map.get(name) {
            Some(v) if v.readonly => Err(ReadOnly(name.to_string())),
            Some(_) => {
                Rc::make_mut(&mut self.map).remove(name);
                Ok(())
            }
            None => Ok(()),
        }
    }

    /// All, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&String, &Var)> {
        self.map.iter()
    }

    /// The environment for a new process: exported strings by name.
    pub fn environment(&self) -> Vec<(String, String)> {
        self.map
            .iter()
            .filter(|(_, v)| v.exported)
            .filter_map(|(k, v)| Some((k.clone(), v.text()?.to_string())))
            .collect()
    }

    /// Enters a function.
    pub fn push_scope(&mut self) {
        Rc::make_mut(&mut self.scopes).push(Vec::new());
    }

    /// Leaves a function: its locals get back what they were.
    pub fn pop_scope(&mut self) {
        for (name, old) in Rc::make_mut(&mut self.scopes).pop().unwrap_or_default().into_iter().rev() {
            let map = Rc::make_mut(&mut self.map);
            match old {
                Some(var) => map.insert(name, var),
                None => map.remove(&name),
            };
        }
    }

    /// The names that are local to the function being run.
    pub fn locals(&self) -> Vec<String> {
        let names: collections::OrdSet<String> =
            self.scopes.last().into_iter().flatten().map(|(n, _)| n.clone()).collect();
        names.into_iter().collect()
    }

    /// Whether a function is being run.
    pub fn in_function(&self) -> bool {
        !self.scopes.is_empty()
    }

    /// Makes `name` local to the function; `inherit` keeps the value it had outside (dash and ash).
    pub fn make_local(&mut self, name: &str, inherit: bool) {
        let Some(scope) = Rc::make_mut(&mut self.scopes).last_mut() else { return };
        if scope.iter().any(|(n, _)| n == name) {
            return;
        }
        let old = self.map.get(name).cloned();
        scope.push((name.to_string(), old.clone()));
        if !inherit {
            let exported = old.is_some_and(|v| v.exported);
            Rc::make_mut(&mut self.map).insert(name.to_string(), Var { exported, ..Var::default() });
        }
    }

    /// What a variable is now, to be put back later with [`restore`](Vars::restore).
    pub fn save(&self, name: &str) -> Option<Var> {
        self.map.get(name).cloned()
    }

    /// Puts a saved variable back.
    pub fn restore(&mut self, name: &str, old: Option<Var>) {
        let map = Rc::make_mut(&mut self.map);
        match old {
            Some(var) => map.insert(name.to_string(), var),
            None => map.remove(name),
        };
    }
}

/// Where bash's hash table keeps a key: its arrays are listed in that order (FNV-1, 1024 lists).
pub fn bucket(key: &str) -> u32 {
    key.bytes().fold(2_166_136_261u32, |hash, b| hash.wrapping_mul(16_777_619) ^ u32::from(b)) & 1023
}

/// Where a key stands in an associative array, or where it belongs.
fn assoc_place(array: &[(String, String)], key: &str) -> Result<usize, usize> {
    let bucket_of = bucket(key);
    let first = array.partition_point(|(k, _)| bucket(k) < bucket_of);
    let same = array[first..].iter().take_while(|(k, _)| bucket(k) == bucket_of);
    same.enumerate().find(|(_, (k, _))| k == key).map(|(i, _)| first + i).ok_or(first)
}

/// The element of an associative array.
pub fn assoc_get<'a>(array: &'a [(String, String)], key: &str) -> Option<&'a String> {
    assoc_place(array, key).ok().map(|at| &array[at].1)
}

/// Sets one element of an associative array.
pub fn set_assoc(array: &mut Vec<(String, String)>, key: &str, text: String) {
    match assoc_place(array, key) {
        Ok(at) => array[at].1 = text,
        Err(at) => array.insert(at, (key.to_string(), text)),
    }
}

/// An associative array of these pairs.
pub fn assoc(pairs: impl Iterator<Item = (String, String)>) -> Value {
    let mut array = Vec::new();
    for (key, text) in pairs {
        set_assoc(&mut array, &key, text);
    }
    Value::Assoc(array)
}

/// The value as an indexed array, turned into one if it is a string or unset.
pub fn as_indexed(value: &mut Option<Value>) -> &mut OrdMap<i64, String> {
    let old = match value.take() {
        Some(Value::Indexed(a)) => a,
        Some(Value::Text(t)) => OrdMap::from([(0, t)]),
        _ => OrdMap::new(),
    };
    match value.insert(Value::Indexed(old)) {
        Value::Indexed(a) => a,
        _ => unreachable!("it was inserted as an array"),
    }
}

/// The index meant by `n`: negative ones count from the end.
pub fn element_at(array: &OrdMap<i64, String>, n: i64) -> i64 {
    if n >= 0 {
        return n;
    }
    (array.keys().next_back().map_or(0, |k| k + 1) + n).max(0)
}
