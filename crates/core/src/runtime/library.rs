//! What has been looked up in the registries and unpacked: images and root file systems that all nodes share.

use std::rc::Rc;

use api::Str;
use collections::OrdMap;

use super::catalogue::{self, Image, PullError};
use super::reference::Reference;

/// Remembers images and their files by name; what a name stands for never changes.
#[derive(Clone, Debug, Default)]
pub struct Library {
    images: OrdMap<Str, Rc<Image>>,
    roots: OrdMap<Str, Rc<os::Image>>,
}

impl Library {
    /// Looks an image up, as [`catalogue::find`] does.
    pub fn find(&mut self, reference: &Reference) -> Result<Rc<Image>, PullError> {
        let name = reference.full();
        if let Some(image) = self.images.get(name.as_str()) {
            return Ok(image.clone());
        }
        let image = catalogue::find(reference)?;
        self.images.insert(image.name.clone(), image.clone());
        Ok(image)
    }

    /// The root file system of an image, below what a container writes.
    pub fn root(&mut self, image: &Image) -> Rc<os::Image> {
        let make = || (image.files)(image).freeze();
        self.roots.entry(image.name.clone()).or_insert_with(make).clone()
    }
}
