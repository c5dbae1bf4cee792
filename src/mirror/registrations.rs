//! What a page can be called back through.

use crate::abi::{Guid, Hresult, PropertyValue, QmgrError};
use crate::ordered::Map;
use crate::protocol::{Callback, Registration, Serial, Standing};
use crate::time::Millis;

/// The notification pointers, classes and request hooks of one page. A pointer is a `P`, a class a `C`, a
/// hook an `H`.
///
/// Whatever a change returns is sent to the active engine at once; [`all`](Self::all) to each new one.
#[derive(Debug)]
pub struct Registrations<P, C, H> {
    /// When the latest came; no two have the same time.
    latest: Millis,
    /// `None` for a pointer that was cleared.
    pointers: Map<Serial, (Millis, Option<P>)>,
    classes: Vec<(Guid, Millis, C)>,
    /// One of each handle that has one; the latest is asked.
    hooks: Vec<(Millis, H)>,
}

/// What setting GROUPPROP_NOTIFYCLSID does to the notification pointer of its group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PointerChange<T> {
    /// The null CLSID clears it.
    Clear,
    /// What is no class id at all changes nothing; it is the engine's to refuse.
    None,
    /// It becomes a new object of this class.
    Set(T),
}

impl<T> PointerChange<T> {
    /// The same change, with an object made from the class.
    ///
    /// # Errors
    /// What `make` fails with.
    pub fn try_map<U, E>(
        self,
        make: impl FnOnce(T) -> Result<U, E>,
    ) -> Result<PointerChange<U>, E> {
        Ok(match self {
            Self::Clear => PointerChange::Clear,
            Self::None => PointerChange::None,
            Self::Set(class) => PointerChange::Set(make(class)?),
        })
    }
}

impl<P, C, H> Default for Registrations<P, C, H> {
    fn default() -> Self {
        Self {
            latest: Millis::default(),
            pointers: Map::new(),
            classes: Vec::new(),
            hooks: Vec::new(),
        }
    }
}

impl<P, C, H> Registrations<P, C, H> {
    /// Sets the pointer of a group in place of an earlier one, or clears it.
    pub fn set_pointer(&mut self, group: Serial, pointer: Option<P>, now: Millis) -> Registration {
        let at = self.tick(now);
        let standing = standing(pointer.as_ref());
        self.pointers.insert(group, (at, pointer));
        Registration { callback: Callback::Pointer(group), at, standing }
    }

    /// Makes a class known, in place of an earlier one of its id.
    pub fn set_class(&mut self, id: Guid, class: C, now: Millis) -> Registration {
        let at = self.tick(now);
        self.classes.retain(|(known, ..)| *known != id);
        self.classes.push((id, at, class));
        Registration { callback: Callback::Class(id), at, standing: Standing::There }
    }

    /// Adds a hook, which is asked in place of earlier ones.
    pub fn add_hook(&mut self, hook: H, now: Millis) -> Registration {
        let at = self.tick(now);
        self.hooks.push((at, hook));
        Registration { callback: Callback::Requests, at, standing: Standing::There }
    }

    /// The hook that is asked.
    pub fn hook(&self) -> Option<&H> {
        self.hooks.last().map(|(_, hook)| hook)
    }

    /// The pointer of a group.
    pub fn pointer(&self, group: Serial) -> Option<&P> {
        self.pointers.get(&group)?.1.as_ref()
    }

    /// The class of an id.
    pub fn class(&self, id: Guid) -> Option<&C> {
        self.classes.iter().find(|(known, ..)| *known == id).map(|(.., class)| class)
    }

    /// What setting GROUPPROP_NOTIFYCLSID does to the notification pointer of its group.
    ///
    /// # Errors
    /// `REGDB_E_CLASSNOTREG` for a class that the page has not made known (ruling A26).
    pub fn change_to(&self, clsid: &PropertyValue) -> Result<PointerChange<&C>, QmgrError> {
        let PropertyValue::Text(text) = clsid else { return Ok(PointerChange::None) };
        let Ok(class) = text.parse::<Guid>() else { return Ok(PointerChange::None) };
        if class == Guid::NULL {
            return Ok(PointerChange::Clear);
        }
        self.class(class).map(PointerChange::Set).ok_or_else(|| {
            let message = format!("class {class} is not registered in this tab");
            QmgrError::new(Hresult::REGDB_E_CLASSNOTREG, message)
        })
    }

    /// The group has left the queue; the engine forgets its pointers by itself.
    pub fn forget_group(&mut self, group: Serial) {
        self.pointers.remove(&group);
    }

    /// Takes back those of a handle that is closed.
    pub fn withdraw(
        &mut self,
        is_its_pointer: impl Fn(&P) -> bool,
        is_its_class: impl Fn(&C) -> bool,
        is_its_hook: impl Fn(&H) -> bool,
    ) -> Vec<Registration> {
        let gone = |callback, at| Registration { callback, at, standing: Standing::Gone };
        let mut withdrawn = Vec::new();
        self.pointers.retain(|group, (at, pointer)| {
            let is_its = pointer.as_ref().is_some_and(&is_its_pointer);
            if is_its {
                withdrawn.push(gone(Callback::Pointer(*group), *at));
            }
            !is_its
        });
        self.classes.retain(|(id, at, class)| {
            let is_its = is_its_class(class);
            if is_its {
                withdrawn.push(gone(Callback::Class(*id), *at));
            }
            !is_its
        });
        let had_hook = !self.hooks.is_empty();
        self.hooks.retain(|(_, hook)| !is_its_hook(hook));
        if had_hook && self.hooks.is_empty() {
            withdrawn.push(gone(Callback::Requests, self.latest));
        }
        withdrawn
    }

    /// Everything, for an engine that knows nothing of this page.
    pub fn all(&self) -> Vec<Registration> {
        let pointers = self.pointers.iter().map(|(group, (at, pointer))| Registration {
            callback: Callback::Pointer(*group),
            at: *at,
            standing: standing(pointer.as_ref()),
        });
        let classes = self.classes.iter().map(|(id, at, _)| Registration {
            callback: Callback::Class(*id),
            at: *at,
            standing: Standing::There,
        });
        let hook = self.hooks.last().map(|(at, _)| Registration {
            callback: Callback::Requests,
            at: *at,
            standing: Standing::There,
        });
        pointers.chain(classes).chain(hook).collect()
    }

    fn tick(&mut self, now: Millis) -> Millis {
        self.latest = now.max(self.latest.plus(Millis(1)));
        self.latest
    }
}

fn standing<P>(pointer: Option<&P>) -> Standing {
    if pointer.is_some() { Standing::There } else { Standing::Cleared }
}
