/** Future events, soonest first: a binary heap. Events at the same time keep the order in which they were planned. */
interface Entry<T> {
  readonly at: number;
  readonly number: number;
  readonly what: T;
}

export class Agenda<T> {
  readonly #heap: Entry<T>[] = [];
  #planned = 0;

  get size(): number {
    return this.#heap.length;
  }

  plan(at: number, what: T): void {
    this.#heap.push({ at, number: this.#planned++, what });
    let child = this.#heap.length - 1;
    while (child > 0) {
      const parent = (child - 1) >> 1;
      if (!this.#before(child, parent)) return;
      this.#swap(child, parent);
      child = parent;
    }
  }

  next(): { readonly at: number; readonly what: T } | undefined {
    const first = this.#heap[0];
    const last = this.#heap.pop();
    if (first === undefined || last === undefined || this.#heap.length === 0) return first;
    this.#heap[0] = last;
    this.#sink(0);
    return first;
  }

  #sink(from: number): void {
    let parent = from;
    for (;;) {
      let least = parent;
      for (const child of [2 * parent + 1, 2 * parent + 2]) {
        if (child < this.#heap.length && this.#before(child, least)) least = child;
      }
      if (least === parent) return;
      this.#swap(parent, least);
      parent = least;
    }
  }

  #before(a: number, b: number): boolean {
    const [one, other] = [this.#heap[a]!, this.#heap[b]!];
    return one.at < other.at || (one.at === other.at && one.number < other.number);
  }

  #swap(a: number, b: number): void {
    [this.#heap[a], this.#heap[b]] = [this.#heap[b]!, this.#heap[a]!];
  }
}
