// Collections, threads and a panic.
use std::collections::BTreeMap;
use std::io::Read;

fn main() {
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text).unwrap();
    let mut words: BTreeMap<&str, usize> = BTreeMap::new();
    for word in text.split_whitespace() {
        *words.entry(word).or_default() += 1;
    }
    println!("{words:?}");
    let threads: Vec<_> = (0..3u64).map(|n| std::thread::spawn(move || (0..1000).map(|i| i * n).sum::<u64>())).collect();
    for thread in threads {
        println!("{}", thread.join().unwrap());
    }
    println!("{:?}", std::panic::catch_unwind(|| "x".parse::<i32>().unwrap()).is_err());
    std::process::exit(3);
}
