/// <reference lib="dom" />
/// <reference lib="dom.iterable" />

interface Point {
  readonly x: number;
  readonly y: number;
}

/**
 * Moves, zooms and searches one drawing. It runs in a browser: the text of this class is put into the page, so it may use
 * nothing from outside of itself.
 */
export class GraphView {
  /** Text that is smaller than this share of its size is hard to read. */
  readonly #readable = 0.75;
  readonly #most = 4;
  readonly #margin = 12;
  readonly #frame: HTMLElement;
  readonly #svg: SVGSVGElement;
  readonly #whole: { readonly x: number; readonly y: number; readonly width: number; readonly height: number };
  readonly #nodes: readonly SVGGElement[];
  readonly #pointers = new Map<number, Point>();
  /** The drawing's point in the upper left corner of the frame, and pixels per unit. */
  #x = 0;
  #y = 0;
  #scale = 1;
  #hits: readonly SVGGElement[] = [];
  #hit = -1;
  readonly #count = document.createElement('output');

  constructor(frame: HTMLElement) {
    this.#frame = frame;
    this.#svg = frame.querySelector('svg')!;
    const { x, y, width, height } = this.#svg.viewBox.baseVal;
    this.#whole = { x, y, width, height };
    this.#nodes = [...this.#svg.querySelectorAll<SVGGElement>('.node')];
    this.#svg.removeAttribute('width');
    this.#svg.removeAttribute('height');
    this.#svg.tabIndex = 0;
    frame.classList.add('live');
    // A small drawing needs no large frame.
    frame.style.setProperty('--height', `${height + 2 * this.#margin + 2}px`);
    frame.before(this.#tools());
    this.#listen();
    this.open();
  }

  /** Shows all of the drawing if it stays readable, and otherwise its upper left corner, where the root is. */
  open(): void {
    if (this.#fitting() >= this.#readable) {
      this.fit();
      return;
    }
    this.#scale = 1;
    this.#x = this.#whole.x - this.#margin;
    this.#y = this.#whole.y - this.#margin;
    this.#draw();
  }

  /** Shows all of the drawing, however small. */
  fit(): void {
    this.#scale = this.#fitting();
    const { width, height } = this.#size();
    this.#x = this.#whole.x - (width / this.#scale - this.#whole.width) / 2;
    this.#y = this.#whole.y - (height / this.#scale - this.#whole.height) / 2;
    this.#draw();
  }

  /** @param at The point of the frame that stays where it is; default its middle. */
  zoom(factor: number, at?: Point): void {
    const { width, height } = this.#size();
    const { x, y } = at ?? { x: width / 2, y: height / 2 };
    const least = Math.min(this.#fitting(), this.#readable) / 2;
    const scale = Math.min(Math.max(this.#scale * factor, least), this.#most);
    this.#x += x / this.#scale - x / scale;
    this.#y += y / this.#scale - y / scale;
    this.#scale = scale;
    this.#draw();
  }

  /** Marks the nodes whose titles contain the text, in any case, and shows the first. */
  search(text: string): void {
    const wanted = text.trim().toLowerCase();
    this.#hits = wanted === '' ? [] : this.#nodes.filter((node) => this.#titleOf(node).includes(wanted));
    const hits = new Set(this.#hits);
    for (const node of this.#nodes) {
      node.classList.toggle('hit', hits.has(node));
      node.classList.remove('current');
    }
    this.#frame.classList.toggle('searching', wanted !== '');
    this.#hit = -1;
    if (this.#hits.length > 0) this.next(1);
    else this.#count.textContent = wanted === '' ? '' : 'not found';
  }

  /** Shows the next node that was found, or with -1 the one before. */
  next(step: number): void {
    const { length } = this.#hits;
    if (length === 0) return;
    this.#hits[this.#hit]?.classList.remove('current');
    this.#hit = (this.#hit + step + length) % length;
    const node = this.#hits[this.#hit]!;
    node.classList.add('current');
    this.#count.textContent = `${this.#hit + 1} of ${length}`;
    this.#center(node);
  }

  #titleOf(node: SVGGElement): string {
    return (node.querySelector('title')?.textContent ?? '').toLowerCase();
  }

  #size(): { readonly width: number; readonly height: number } {
    const { width, height } = this.#svg.getBoundingClientRect();
    return { width: width || 1, height: height || 1 };
  }

  #fitting(): number {
    const { width, height } = this.#size();
    const across = width / (this.#whole.width + 2 * this.#margin);
    return Math.min(across, height / (this.#whole.height + 2 * this.#margin), 1);
  }

  #draw(): void {
    const { width, height } = this.#size();
    this.#svg.setAttribute('viewBox', `${this.#x} ${this.#y} ${width / this.#scale} ${height / this.#scale}`);
  }

  #center(node: SVGGElement): void {
    const { e, f } = node.transform.baseVal.consolidate()!.matrix;
    const box = node.getBBox();
    const { width, height } = this.#size();
    this.#scale = Math.max(this.#scale, this.#readable);
    this.#x = e + box.width / 2 - width / this.#scale / 2;
    this.#y = f + box.height / 2 - height / this.#scale / 2;
    this.#draw();
  }

  #button(text: string, label: string, action: () => void): HTMLButtonElement {
    const button = document.createElement('button');
    button.type = 'button';
    button.textContent = text;
    button.title = label;
    button.setAttribute('aria-label', label);
    button.addEventListener('click', action);
    return button;
  }

  #tools(): HTMLElement {
    const tools = document.createElement('div');
    tools.className = 'tools';
    const field = document.createElement('input');
    field.type = 'search';
    field.placeholder = 'Find a name or a file';
    field.setAttribute('aria-label', field.placeholder);
    field.addEventListener('input', () => this.search(field.value));
    field.addEventListener('keydown', (event) => {
      if (event.key === 'Enter') this.next(event.shiftKey ? -1 : 1);
    });
    tools.append(
      ...[this.#button('Root', 'Show the root', () => this.open()), this.#button('Fit', 'Show all', () => this.fit())],
      this.#button('−', 'Zoom out', () => this.zoom(1 / 1.4)),
      this.#button('+', 'Zoom in', () => this.zoom(1.4)),
      ...[field, this.#count],
    );
    return tools;
  }

  #listen(): void {
    const svg = this.#svg;
    svg.addEventListener('pointerdown', (event) => {
      svg.setPointerCapture(event.pointerId);
      this.#pointers.set(event.pointerId, this.#pointOf(event));
    });
    svg.addEventListener('pointermove', (event) => this.#move(event));
    for (const end of ['pointerup', 'pointercancel'] as const)
      svg.addEventListener(end, (event) => this.#pointers.delete(event.pointerId));
    // The wheel alone scrolls the page. A pinch on a touchpad comes as a wheel with the control key.
    svg.addEventListener('wheel', (event) => {
      if (!event.ctrlKey && !event.metaKey) return;
      event.preventDefault();
      this.zoom(Math.exp(-event.deltaY / 300), this.#pointOf(event));
    });
    svg.addEventListener('keydown', (event) => this.#key(event));
    new ResizeObserver(() => this.#draw()).observe(svg);
    window.addEventListener('beforeprint', () => this.fit());
  }

  #pointOf({ clientX, clientY }: MouseEvent): Point {
    const { left, top } = this.#svg.getBoundingClientRect();
    return { x: clientX - left, y: clientY - top };
  }

  /** One pointer moves the drawing; two zoom it around the one that rests. */
  #move(event: PointerEvent): void {
    const before = this.#pointers.get(event.pointerId);
    if (before === undefined) return;
    const now = this.#pointOf(event);
    this.#pointers.set(event.pointerId, now);
    const other = [...this.#pointers].find(([id]) => id !== event.pointerId)?.[1];
    if (other !== undefined) {
      const distance = ({ x, y }: Point) => Math.max(1, Math.hypot(x - other.x, y - other.y));
      this.zoom(distance(now) / distance(before), other);
      return;
    }
    this.#x -= (now.x - before.x) / this.#scale;
    this.#y -= (now.y - before.y) / this.#scale;
    this.#draw();
  }

  #key(event: KeyboardEvent): void {
    const step = 60 / this.#scale;
    const moves: Readonly<Record<string, readonly [number, number]>> = {
      ArrowLeft: [-step, 0],
      ArrowRight: [step, 0],
      ArrowUp: [0, -step],
      ArrowDown: [0, step],
    };
    const move = moves[event.key];
    if (move !== undefined) {
      this.#x += move[0];
      this.#y += move[1];
      this.#draw();
    } else if (event.key === '+' || event.key === '-') this.zoom(event.key === '+' ? 1.4 : 1 / 1.4);
    else if (event.key === '0') this.fit();
    else return;
    event.preventDefault();
  }
}
