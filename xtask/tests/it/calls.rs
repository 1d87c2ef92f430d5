//! Calls between the files of one module: they go one way, and no type is cut into many files.

use crate::{files_below, read};
use std::collections::{BTreeMap, BTreeSet};
use syn::{
    Expr, Fields, ImplItem, Item, Type,
    visit::{self, Visit},
};

/// Whose modules are looked at.
const CRATES: [&str; 2] = ["crates/realtime-core/src", "crates/realtime-yew/src"];

/// Circles of files that call each other, each by the first of them, and why it is one still. This list
/// only gets shorter: what is no circle any more has to go from it.
const CIRCLES: [(&str, &str); 9] = [
    (
        "crates/realtime-core/src/connection.rs",
        "a command changes the state, which publishes what the connection is now",
    ),
    (
        "crates/realtime-core/src/list/tree.rs",
        "a tree is made of an iterator, and iterates",
    ),
    (
        "crates/realtime-core/src/list/tree/branch.rs",
        "a branch is made of nodes, and a node may be a branch",
    ),
    (
        "crates/realtime-core/src/mutation/queue.rs",
        "an outcome lets others go on, which are in the queue",
    ),
    (
        "crates/realtime-core/src/query/entry.rs",
        "what is fetched, when, and where events come from are one type still",
    ),
    (
        "crates/realtime-core/src/wire.rs",
        "the codec of Socket.IO is one type, cut by the kind of packet",
    ),
    (
        "crates/realtime-yew/src/runtime.rs",
        "the pump carries out what the client says, which may tell the client something",
    ),
    (
        "crates/realtime-yew/src/runtime/answers.rs",
        "answers that a test gives stand in for those of HTTP",
    ),
    (
        "crates/realtime-yew/src/runtime/frame.rs",
        "the page makes frames, which ask the page",
    ),
];

/// Types whose methods stand in more than two files, and why they do still.
const CUT: [(&str, &str); 5] = [
    ("Connection", "its states, their transitions and its tokens"),
    ("Entry", "what it holds, what it fetches, what feeds it"),
    ("Mutations", "what waits, how it ends, what is not seen yet"),
    ("RealtimeClient", "one file for each kind of command"),
    ("SocketIoCodec", "one file for each kind of packet"),
];

#[test]
fn calls_between_the_files_of_a_module_go_one_way() {
    let mut found: BTreeSet<Vec<String>> = BTreeSet::new();
    for source in CRATES {
        for module in modules(source) {
            found.extend(module.circles());
        }
    }
    let is_excused = |circle: &&Vec<String>| {
        let mut excused = CIRCLES.iter();
        excused.any(|(first, _)| circle.first().is_some_and(|it| it == first))
    };
    let new: Vec<_> = found.iter().filter(|it| !is_excused(it)).collect();
    assert!(
        new.is_empty(),
        "files that call each other in a circle: {new:#?}; let one own what the other needs, and call one way"
    );
    for (first, _) in CIRCLES {
        let mut circles = found.iter();
        let is_there = circles.any(|circle| circle.first().is_some_and(|it| it == first));
        assert!(is_there, "{first} begins no circle any more: take it out");
    }
}

#[test]
fn the_methods_of_a_type_stand_in_two_files_at_most() {
    let mut found: BTreeSet<String> = BTreeSet::new();
    for source in CRATES {
        for module in modules(source) {
            let cut = module.homes.iter().filter(|(_, files)| files.len() > 2);
            found.extend(cut.map(|(name, files)| format!("{name}: {files:?}")));
        }
    }
    let is_excused = |found: &&String| {
        CUT.iter()
            .any(|(name, _)| found.starts_with(&format!("{name}: ")))
    };
    let new: Vec<_> = found.iter().filter(|found| !is_excused(found)).collect();
    assert!(
        new.is_empty(),
        "types cut into more than two files: {new:#?}"
    );
    for (name, _) in CUT {
        let begins = format!("{name}: ");
        let is_cut = found.iter().any(|found| found.starts_with(&begins));
        assert!(is_cut, "`{name}` is not cut any more: take it out");
    }
}

/// One module of a crate's root with the modules below it.
#[derive(Debug, Default)]
struct Module {
    /// Which file has the method of a type, or the function of the empty name's.
    functions: BTreeMap<(String, String), BTreeSet<String>>,
    /// Which files have inherent methods of a type.
    homes: BTreeMap<String, BTreeSet<String>>,
    /// The type of a field of a type.
    fields: BTreeMap<(String, String), String>,
    /// From file, to what it calls.
    calls: BTreeSet<(String, (String, String))>,
}

fn modules(source: &str) -> Vec<Module> {
    let mut modules: BTreeMap<String, (Module, Vec<(String, syn::File)>)> = BTreeMap::new();
    for file in files_below(source, "rs") {
        let is_for_tests = file.starts_with("testing") || file.ends_with("tests.rs");
        if file == "lib.rs" || is_for_tests {
            continue;
        }
        let name = file.split('/').next().unwrap_or_default();
        let name = name.trim_end_matches(".rs").to_owned();
        let text = read(&format!("{source}/{file}"));
        let parsed = syn::parse_file(&text).unwrap_or_else(|error| panic!("{file}: {error}"));
        let (_, files) = modules.entry(name).or_default();
        files.push((format!("{source}/{file}"), parsed));
    }
    let read_module = |(mut module, files): (Module, Vec<(String, syn::File)>)| {
        for (path, file) in &files {
            module.note(path, &file.items);
        }
        for (path, file) in &files {
            let mut reader = Reader {
                module: &mut module,
                path,
                owner: String::new(),
            };
            for item in &file.items {
                reader.visit_item(item);
            }
        }
        module
    };
    modules.into_values().map(read_module).collect()
}

impl Module {
    fn note(&mut self, path: &str, items: &[Item]) {
        for item in items {
            match item {
                Item::Fn(function) => self.add(path, "", &function.sig.ident),
                Item::Struct(item) => self.note_fields(&item.ident, &item.fields),
                Item::Impl(item) => {
                    let owner = type_name(&item.self_ty);
                    let methods = item.items.iter().filter_map(|item| match item {
                        ImplItem::Fn(function) => Some(&function.sig.ident),
                        _ => None,
                    });
                    for method in methods {
                        self.add(path, &owner, method);
                        if item.trait_.is_none() {
                            let home = self.homes.entry(owner.clone()).or_default();
                            home.insert(path.to_owned());
                        }
                    }
                }
                _ => {}
            }
        }
    }

    fn note_fields(&mut self, owner: &syn::Ident, fields: &Fields) {
        for field in fields {
            if let Some(name) = &field.ident {
                let key = (owner.to_string(), name.to_string());
                self.fields.insert(key, type_name(&field.ty));
            }
        }
    }

    fn add(&mut self, path: &str, owner: &str, name: &syn::Ident) {
        let key = (owner.to_owned(), name.to_string());
        let files = self.functions.entry(key).or_default();
        files.insert(path.to_owned());
    }

    /// From file to file; a name that several files have tells nothing.
    fn edges(&self) -> BTreeMap<&str, BTreeSet<&str>> {
        let mut edges: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for (from, callee) in &self.calls {
            let Some(to) = self.functions.get(callee).filter(|to| to.len() == 1) else {
                continue;
            };
            let others = to.iter().map(String::as_str).filter(|to| *to != from);
            edges.entry(from).or_default().extend(others);
        }
        edges
    }

    /// The files of which each reaches each other.
    fn circles(&self) -> BTreeSet<Vec<String>> {
        let edges = self.edges();
        let reached: BTreeMap<&str, BTreeSet<&str>> = edges
            .keys()
            .map(|from| {
                let (mut seen, mut next) = (BTreeSet::new(), vec![*from]);
                while let Some(at) = next.pop() {
                    for to in edges.get(at).into_iter().flatten() {
                        if seen.insert(*to) {
                            next.push(to);
                        }
                    }
                }
                (*from, seen)
            })
            .collect();
        let reaches = |from: &str, to: &str| reached.get(from).is_some_and(|it| it.contains(to));
        let circles = edges.keys().filter(|at| reaches(at, at)).map(|at| {
            let both = edges.keys().filter(|to| reaches(at, to) && reaches(to, at));
            both.map(|file| (*file).to_owned()).collect()
        });
        circles.collect()
    }
}

/// Reads which functions a file calls.
struct Reader<'a> {
    module: &'a mut Module,
    path: &'a str,
    /// The type whose methods are being read.
    owner: String,
}

impl Reader<'_> {
    fn calls(&mut self, owner: &str, name: &str) {
        let callee = (owner.to_owned(), name.to_owned());
        self.module.calls.insert((self.path.to_owned(), callee));
    }

    /// The type of `self`, or of a field of it, however deep.
    fn type_of(&self, place: &Expr) -> Option<String> {
        match place {
            Expr::Path(path) if path.path.is_ident("self") => Some(self.owner.clone()),
            Expr::Field(field) => {
                let syn::Member::Named(name) = &field.member else {
                    return None;
                };
                let owner = self.type_of(&field.base)?;
                self.module.fields.get(&(owner, name.to_string())).cloned()
            }
            Expr::Reference(inner) => self.type_of(&inner.expr),
            Expr::Paren(inner) => self.type_of(&inner.expr),
            _ => None,
        }
    }
}

impl<'ast> Visit<'ast> for Reader<'_> {
    fn visit_item_mod(&mut self, _: &'ast syn::ItemMod) {
        // A module in a file is its unit tests.
    }

    fn visit_item_impl(&mut self, item: &'ast syn::ItemImpl) {
        self.owner = type_name(&item.self_ty);
        visit::visit_item_impl(self, item);
        self.owner.clear();
    }

    fn visit_expr_method_call(&mut self, call: &'ast syn::ExprMethodCall) {
        if let Some(owner) = self.type_of(&call.receiver) {
            self.calls(&owner, &call.method.to_string());
        }
        visit::visit_expr_method_call(self, call);
    }

    fn visit_expr_path(&mut self, path: &'ast syn::ExprPath) {
        let names: Vec<String> = path
            .path
            .segments
            .iter()
            .map(|it| it.ident.to_string())
            .collect();
        match &names[..] {
            [.., owner, name] if owner == "Self" => self.calls(&self.owner.clone(), name),
            [.., owner, name] if owner.starts_with(char::is_uppercase) => self.calls(owner, name),
            [.., name] => self.calls("", name),
            [] => {}
        }
        visit::visit_expr_path(self, path);
    }
}

/// The name of a type, without what it is generic over, references and boxes.
fn type_name(of: &Type) -> String {
    match of {
        Type::Reference(inner) => type_name(&inner.elem),
        Type::Path(path) => {
            let last = path.path.segments.last();
            let inner = last
                .filter(|it| it.ident == "Box")
                .and_then(|it| match &it.arguments {
                    syn::PathArguments::AngleBracketed(of) => of.args.first(),
                    _ => None,
                });
            match inner {
                Some(syn::GenericArgument::Type(inner)) => type_name(inner),
                _ => last.map(|it| it.ident.to_string()).unwrap_or_default(),
            }
        }
        _ => String::new(),
    }
}
