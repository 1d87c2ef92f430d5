//! `bench-core CASE SIZE` prints how many nanoseconds one event costs. In a browser the same program reads case and size
//! from the page's address and leaves the number in `window.result`.

use realtime_bench_core::Case;

#[cfg(not(target_arch = "wasm32"))]
fn main() -> std::process::ExitCode {
    let mut words = std::env::args().skip(1);
    let case = words.next().and_then(|name| Case::named(&name));
    let size = words.next().and_then(|size| size.parse().ok());
    let (Some(case), Some(size)) = (case, size) else {
        eprintln!("usage: bench-core CASE SIZE, where CASE is one of");
        for case in realtime_bench_core::CASES {
            eprintln!("  {:<20} {}", case.name, case.about);
        }
        return std::process::ExitCode::FAILURE;
    };
    let start = std::time::Instant::now();
    println!(
        "{}",
        case.measure(size, || start.elapsed().as_secs_f64() * 1e3)
    );
    std::process::ExitCode::SUCCESS
}

#[cfg(target_arch = "wasm32")]
fn main() {
    let Some(window) = web_sys::window() else {
        return;
    };
    let search = window.location().search().unwrap_or_default();
    let asked = web_sys::UrlSearchParams::new_with_str(&search).ok();
    let asked = |name| asked.as_ref().and_then(|asked| asked.get(name));
    let case = asked("case").and_then(|name| Case::named(&name));
    let size = asked("size").and_then(|size| size.parse().ok());
    let nanos = match (case, size, window.performance()) {
        (Some(case), Some(size), Some(clock)) => case.measure(size, || clock.now()),
        // What asked sees that there is no number.
        _ => f64::NAN,
    };
    let set = js_sys::Reflect::set(&window, &"result".into(), &nanos.into());
    debug_assert!(set.is_ok());
}
