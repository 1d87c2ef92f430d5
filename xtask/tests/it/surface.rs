//! Surface of the two crates: what a user can name, counted and bounded.
//!
//! `cargo xtask surface` prints the counts. An item counts if a path of public modules and re-exports
//! leads to it, with all features on, and none of them is `#[doc(hidden)]`: modules, types, traits,
//! functions, constants, macros, and the public methods and constants of such types. Fields, variants
//! and the items of traits do not, nor does what a macro writes or a crate re-exports of another.

use crate::read;
use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};
use syn::{Attribute, ImplItem, Item, Type, UseTree, Visibility};

/// To be lowered. Raised only for a capability that is new, and that was once: by seeds, which outlive a
/// client, and their store.
const MOST_OF_CORE: usize = 335;
const MOST_OF_YEW: usize = 310;
const MOST_HOOKS: usize = 14;
const MOST_OF_PRELUDE: usize = 60;

#[test]
fn the_public_surface_is_small() {
    let core = Surface::of("crates/realtime-core/src");
    let yew = Surface::of("crates/realtime-yew/src");
    let hooks = yew.names().filter(|name| name.starts_with("use_")).count();
    let prelude = uses(&parse("crates/realtime-yew/src/prelude.rs"));
    let counts = [
        ("items of realtime-core", core.count(), MOST_OF_CORE),
        ("items of realtime-yew", yew.count(), MOST_OF_YEW),
        ("hooks", hooks, MOST_HOOKS),
        ("names in the prelude", prelude.len(), MOST_OF_PRELUDE),
    ];
    for (what, count, most) in counts {
        println!("{count:4} {what}, at most {most}");
    }
    println!("\nof realtime-core, by the module that has them:");
    for (module, count) in core.by_module() {
        println!("{count:4} {module}");
    }
    for (what, count, most) in counts {
        assert!(count <= most, "{count} {what} are more than {most}");
    }
    for import in &prelude {
        let last = import.path.last();
        assert_eq!(
            last,
            Some(&import.name),
            "one thing has one name, in the prelude too"
        );
    }
}

#[test]
fn the_table_of_old_names_is_the_same_wherever_it_stands() {
    let table = |document: &str| {
        let text = read(document);
        let (_, table) = text
            .split_once("| old | new |\n")
            .unwrap_or_else(|| panic!("{document} has no table of old names"));
        let rows = table.lines().take_while(|line| line.starts_with('|'));
        rows.map(str::to_owned).collect::<Vec<_>>()
    };
    let rows = table("CHANGELOG.md");
    assert!(rows.len() > 10, "the table has its rows");
    assert_eq!(rows, table("docs/MIGRATING.md"));
}

/// A module, by the path from the crate's root to it; an item, by that and its name.
type Place = Vec<String>;

/// A re-export.
#[derive(Debug)]
struct Import {
    path: Place,
    /// `*` for all of a module.
    name: String,
}

#[derive(Debug, Default)]
struct Module {
    /// The items, and whether each is public and shown.
    items: BTreeMap<String, bool>,
    modules: BTreeMap<String, bool>,
    public_imports: Vec<Import>,
    private_imports: Vec<Import>,
    /// The types of `impl` blocks, and the public members of each.
    impls: Vec<(Place, BTreeSet<String>)>,
}

#[derive(Debug, Default)]
struct Surface {
    modules: BTreeMap<Place, Module>,
    reached: BTreeSet<Place>,
}

impl Surface {
    fn of(source: &str) -> Self {
        let mut surface = Self::default();
        let root = parse(&format!("{source}/lib.rs"));
        surface.read_module(source, Vec::new(), &root.items);
        surface.reach(&Vec::new());
        surface
    }

    fn read_module(&mut self, source: &str, place: Place, items: &[Item]) {
        let mut module = Module::default();
        for item in items {
            let attributes = attributes(item);
            if attributes.iter().any(is_for_tests) {
                continue;
            }
            let is_shown = !attributes.iter().any(is_hidden);
            match item {
                Item::Mod(inner) => {
                    let name = inner.ident.to_string();
                    let inside = below(&place, &name);
                    let is_public = is_public(&inner.vis) && is_shown;
                    module.modules.insert(name, is_public);
                    match &inner.content {
                        Some((_, items)) => self.read_module(source, inside, items),
                        None => {
                            let file = parse(&format!("{source}/{}.rs", inside.join("/")));
                            self.read_module(source, inside, &file.items);
                        }
                    }
                }
                Item::Use(import) => {
                    let mut found = Vec::new();
                    flatten(&import.tree, &mut Vec::new(), &mut found);
                    match is_public(&import.vis) && is_shown {
                        true => module.public_imports.extend(found),
                        false => module.private_imports.extend(found),
                    }
                }
                Item::Impl(block) if block.trait_.is_none() => {
                    if let Some(owner) = path_of(&block.self_ty) {
                        module.impls.push((owner, public_members(&block.items)));
                    }
                }
                Item::Macro(item) => {
                    let exported = attributes
                        .iter()
                        .any(|it| it.path().is_ident("macro_export"));
                    if let (Some(name), true) = (&item.ident, exported && is_shown) {
                        self.reached.insert(vec![name.to_string()]);
                    }
                }
                other => {
                    if let Some((name, visibility)) = named(other) {
                        module.items.insert(name, is_public(visibility) && is_shown);
                    }
                }
            }
        }
        self.modules.insert(place, module);
    }

    /// Reaches what the module shows.
    fn reach(&mut self, place: &Place) {
        let Some(module) = self.modules.get(place) else {
            return;
        };
        let mut found: Vec<Place> = Vec::new();
        let shown = module.items.iter().filter(|(_, is_public)| **is_public);
        let modules = module.modules.iter().filter(|(_, is_public)| **is_public);
        for (name, _) in shown.chain(modules) {
            found.push(below(place, name));
        }
        for import in &module.public_imports {
            if import.name == "*" {
                let from = self.resolve(place, &import.path);
                for name in from.into_iter().flat_map(|from| self.shown_by(&from)) {
                    found.push(name);
                }
            } else {
                found.extend(self.resolve(place, &import.path));
            }
        }
        for item in found {
            if self.reached.insert(item.clone()) {
                self.reach(&item);
            }
        }
    }

    fn shown_by(&self, place: &Place) -> Vec<Place> {
        let Some(module) = self.modules.get(place) else {
            return Vec::new();
        };
        let items = module.items.iter().filter(|(_, is_public)| **is_public);
        let items = items.map(|(name, _)| below(place, name));
        let imports = module.public_imports.iter();
        let imports = imports.filter_map(|import| self.resolve(place, &import.path));
        items.chain(imports).collect()
    }

    /// Where what is called so in a module is defined; `None` if that is in another crate.
    fn resolve(&self, from: &Place, path: &[String]) -> Option<Place> {
        let (mut at, mut rest): (Place, &[String]) = (from.clone(), path);
        while let [first, others @ ..] = rest {
            match first.as_str() {
                "crate" => at.clear(),
                "self" => {}
                "super" => drop(at.pop()),
                _ => break,
            }
            rest = others;
        }
        let Some((first, others)) = rest.split_first() else {
            return Some(at);
        };
        let module = self.modules.get(&at)?;
        let mut next = at.clone();
        next.push(first.clone());
        // A private module may have the name of a function that is re-exported from it.
        let is_shown = module.modules.get(first).copied();
        if is_shown.is_some_and(|is_shown| is_shown || !others.is_empty()) {
            return self.resolve(&next, others);
        }
        if module.items.contains_key(first) {
            return Some(next);
        }
        let mut imports = module.public_imports.iter().chain(&module.private_imports);
        let import = imports.find(|it| it.name == *first && it.path != path);
        let Some(import) = import else {
            return is_shown.map(|_| next);
        };
        let there = self.resolve(&at, &import.path)?;
        match others {
            [] => Some(there),
            _ => self.resolve(&there, others),
        }
    }

    fn names(&self) -> impl Iterator<Item = &String> {
        self.reached.iter().filter_map(|place| place.last())
    }

    fn count(&self) -> usize {
        self.by_module().values().sum()
    }

    /// How many items each module of the root has, with those below it.
    fn by_module(&self) -> BTreeMap<&str, usize> {
        let members: BTreeSet<Place> = self
            .modules
            .iter()
            .flat_map(|(place, module)| module.impls.iter().map(move |it| (place, it)))
            .filter_map(|(place, (owner, members))| Some((self.resolve(place, owner)?, members)))
            .filter(|(owner, _)| self.reached.contains(owner))
            .flat_map(|(owner, members)| {
                let member = move |it: &String| below(&owner, it);
                members.iter().map(member)
            })
            .collect();
        let mut counts = BTreeMap::new();
        for item in self.reached.iter().chain(&members) {
            let module = item.first().filter(|_| item.len() > 1);
            let module = module.map_or("", String::as_str);
            let module = self.modules.get_key_value(&vec![module.to_owned()]);
            let name = module.and_then(|(place, _)| place.first());
            *counts
                .entry(name.map_or("lib", String::as_str))
                .or_default() += 1;
        }
        counts
    }
}

fn below(place: &[String], name: &impl ToString) -> Place {
    let mut place = place.to_vec();
    place.push(name.to_string());
    place
}

fn parse(path: &str) -> syn::File {
    let other = path.replace(".rs", "/mod.rs");
    assert!(
        !Path::new(&other).exists(),
        "{other} is no way to lay out a module"
    );
    syn::parse_file(&read(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn uses(file: &syn::File) -> Vec<Import> {
    let mut found = Vec::new();
    for item in &file.items {
        if let Item::Use(import) = item {
            flatten(&import.tree, &mut Vec::new(), &mut found);
        }
    }
    found
}

fn flatten(tree: &UseTree, path: &mut Place, found: &mut Vec<Import>) {
    match tree {
        UseTree::Path(inner) => {
            path.push(inner.ident.to_string());
            flatten(&inner.tree, path, found);
            path.pop();
        }
        UseTree::Group(group) => {
            for tree in &group.items {
                flatten(tree, path, found);
            }
        }
        UseTree::Name(name) if name.ident == "self" => found.push(Import {
            path: path.clone(),
            name: path.last().cloned().unwrap_or_default(),
        }),
        UseTree::Name(name) => found.push(Import {
            path: below(path, &name.ident),
            name: name.ident.to_string(),
        }),
        UseTree::Rename(name) => found.push(Import {
            path: below(path, &name.ident),
            name: name.rename.to_string(),
        }),
        UseTree::Glob(_) => found.push(Import {
            path: path.clone(),
            name: "*".to_owned(),
        }),
    }
}

fn named(item: &Item) -> Option<(String, &Visibility)> {
    let (name, visibility) = match item {
        Item::Const(item) => (&item.ident, &item.vis),
        Item::Enum(item) => (&item.ident, &item.vis),
        Item::Fn(item) => (&item.sig.ident, &item.vis),
        Item::Static(item) => (&item.ident, &item.vis),
        Item::Struct(item) => (&item.ident, &item.vis),
        Item::Trait(item) => (&item.ident, &item.vis),
        Item::Type(item) => (&item.ident, &item.vis),
        _ => return None,
    };
    Some((name.to_string(), visibility))
}

fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Macro(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}

fn public_members(items: &[ImplItem]) -> BTreeSet<String> {
    let shown = items.iter().filter_map(|item| match item {
        ImplItem::Fn(item) => Some((&item.sig.ident, &item.vis, &item.attrs)),
        ImplItem::Const(item) => Some((&item.ident, &item.vis, &item.attrs)),
        _ => None,
    });
    shown
        .filter(|(_, visibility, attrs)| is_public(visibility) && !attrs.iter().any(is_hidden))
        .map(|(name, ..)| name.to_string())
        .collect()
}

/// The path of a type, without what it is generic over.
fn path_of(of: &Type) -> Option<Place> {
    match of {
        Type::Path(path) => {
            let segments = path.path.segments.iter();
            Some(segments.map(|it| it.ident.to_string()).collect())
        }
        _ => None,
    }
}

const fn is_public(visibility: &Visibility) -> bool {
    matches!(visibility, Visibility::Public(_))
}

fn is_hidden(attribute: &Attribute) -> bool {
    attribute.path().is_ident("doc") && tokens(attribute) == "hidden"
}

/// Whether an item is there in tests only: of ours, or of an app that asks for a feature for its own.
fn is_for_tests(attribute: &Attribute) -> bool {
    let when = tokens(attribute);
    attribute.path().is_ident("cfg") && (when == "test" || when == "feature = \"testing\"")
}

fn tokens(attribute: &Attribute) -> String {
    match &attribute.meta {
        syn::Meta::List(list) => list.tokens.to_string(),
        _ => String::new(),
    }
}
