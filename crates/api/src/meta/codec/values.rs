//! What fields of API structs can hold: each shows the engine what it is. These few lines exist once per type, so they
//! do as little as possible.

use collections::OrdMap;

use super::{Edit, Entries, Items, Opaque, Pointer, Value, View};
use crate::base::bytes::Bytes;
use crate::base::shared::Shared;
use crate::base::str::Str;
use crate::base::time::Timestamp;
use crate::meta::intstr::IntOrString;
use crate::meta::quantity::Quantity;

impl<T: Value> Value for Box<T> {
    fn view(&self) -> View<'_> {
        T::view(self)
    }
    fn edit(&mut self) -> Edit<'_> {
        T::edit(self)
    }
}

impl<T: Value + Clone> Value for Shared<T> {
    fn view(&self) -> View<'_> {
        T::view(self)
    }
    fn edit(&mut self) -> Edit<'_> {
        T::edit(self)
    }
}

impl<T: Value + Default> Value for Option<T> {
    fn view(&self) -> View<'_> {
        match self {
            Some(value) => View::Present(value),
            None => View::Null,
        }
    }
    fn edit(&mut self) -> Edit<'_> {
        Edit::Pointer(self)
    }
}
impl<T: Value + Default> Pointer for Option<T> {
    fn clear(&mut self) {
        *self = None;
    }
    fn fill(&mut self) -> &mut dyn Value {
        self.insert(T::default())
    }
}

impl<T: Value + Default> Value for Vec<T> {
    fn view(&self) -> View<'_> {
        View::List(self)
    }
    fn edit(&mut self) -> Edit<'_> {
        Edit::List(self)
    }
}
impl<T: Value + Default> Items for Vec<T> {
    fn count(&self) -> usize {
        self.len()
    }
    fn get(&self, index: usize) -> &dyn Value {
        &self[index]
    }
    fn clear(&mut self) {
        self.clear();
    }
    fn push(&mut self) -> &mut dyn Value {
        self.push_mut(T::default())
    }
}

impl<T: Value + Default> Value for OrdMap<Str, T> {
    fn view(&self) -> View<'_> {
        View::Map(self)
    }
    fn edit(&mut self) -> Edit<'_> {
        Edit::Map(self)
    }
}
impl<T: Value + Default> Entries for OrdMap<Str, T> {
    fn count(&self) -> usize {
        self.len()
    }
    fn get(&self, key: &str) -> Option<&dyn Value> {
        let value: &dyn Value = OrdMap::get(self, key)?;
        Some(value)
    }
    fn each(&self, visit: &mut dyn FnMut(&Str, &dyn Value)) {
        for (key, value) in self {
            visit(key, value);
        }
    }
    fn clear(&mut self) {
        self.clear();
    }
    fn insert(&mut self, key: Str) -> &mut dyn Value {
        let value = self.entry(key).or_default();
        *value = T::default();
        value
    }
}

impl Value for Opaque {
    fn view(&self) -> View<'_> {
        self.get().map_or(View::Null, View::Json)
    }
    fn edit(&mut self) -> Edit<'_> {
        Edit::Opaque(self)
    }
}
impl Value for Str {
    fn view(&self) -> View<'_> {
        View::Str(self)
    }
    fn edit(&mut self) -> Edit<'_> {
        Edit::Str(self)
    }
}
impl Value for bool {
    fn view(&self) -> View<'_> {
        View::Bool(*self)
    }
    fn edit(&mut self) -> Edit<'_> {
        Edit::Bool(self)
    }
}
impl Value for i32 {
    fn view(&self) -> View<'_> {
        View::Int(i64::from(*self))
    }
    fn edit(&mut self) -> Edit<'_> {
        Edit::Int32(self)
    }
}
impl Value for i64 {
    fn view(&self) -> View<'_> {
        View::Int(*self)
    }
    fn edit(&mut self) -> Edit<'_> {
        Edit::Int64(self)
    }
}
impl Value for f64 {
    fn view(&self) -> View<'_> {
        View::Float(*self)
    }
    fn edit(&mut self) -> Edit<'_> {
        Edit::Float(self)
    }
}
impl Value for Timestamp {
    fn view(&self) -> View<'_> {
        View::Time(*self)
    }
    fn edit(&mut self) -> Edit<'_> {
        Edit::Time(self)
    }
}
impl Value for Quantity {
    fn view(&self) -> View<'_> {
        View::Quantity(self)
    }
    fn edit(&mut self) -> Edit<'_> {
        Edit::Quantity(self)
    }
}
impl Value for IntOrString {
    fn view(&self) -> View<'_> {
        View::IntOrString(self)
    }
    fn edit(&mut self) -> Edit<'_> {
        Edit::IntOrString(self)
    }
}
impl Value for Bytes {
    fn view(&self) -> View<'_> {
        View::Bytes(self)
    }
    fn edit(&mut self) -> Edit<'_> {
        Edit::Bytes(self)
    }
}
