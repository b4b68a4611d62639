// The pages in a real browser: wide, narrow, light, dark, and the drawing that can be moved.
import { describe, expect, it } from 'vitest';
import { lookAt, pictureOf, WIDTHS } from '../../../scripts/lib/chromium.mjs';
import { graphOf, pageOf, tableOf } from '../src/index.js';

/** A tree of 150 rows in 4 columns: too large to be read as a whole. */
function tree(): string {
  const nodes = Array.from({ length: 600 }, (_, index) => {
    const [x, y] = [(index % 4) * 230, Math.floor(index / 4) * 34];
    const title = index === 0 ? 'root (a.ts)' : `node${index} (${index % 7 === 0 ? 'Seventh' : 'other'}.ts)`;
    return `<g class="node own" transform="translate(${x} ${y})"><title>${title}</title><rect width="190" height="26"/><text x="8" y="17">${index}</text></g>`;
  });
  return `<svg viewBox="-1 -1 882 5100" width="882" height="5100">${nodes.join('')}</svg>`;
}

const table = tableOf({
  ...{ title: 'Costs', head: ['subject', 'cost', 'floor', 'verdict'], right: [1], code: [0] },
  rows: Array.from({ length: 6 }, (_, index) => [
    { text: `a.subject.with.a.long.name.${index}`, note: 'A sentence that explains what is timed in this subject.' },
    ...['35.7 µs', 'another.subject.that.is.long.too', 'within the noise'],
  ]),
});
const page = pageOf({
  ...{ kicker: 'Colony', headline: 'How much does it cost, and why?', warning: 'A warning' },
  answers: [
    { value: '35 µs', what: 'a call', note: 'twice.the.floor.with.a.long.name', mood: 'good' },
    { value: '1.20 ms', what: 'a context', mood: 'bad' },
  ],
  sections: [
    { id: 'costs', title: 'Costs', html: table },
    { id: 'calls', title: 'Calls', html: graphOf(tree()) },
  ],
});

describe.each(WIDTHS)('at %i pixels', (width) => {
  it('shows each cost without scrolling sideways', async () => {
    const { seen, console } = await lookAt(
      page,
      () => {
        const edge = document.documentElement.clientWidth;
        const costs = [...document.querySelectorAll('td.number')].map((cell) => cell.getBoundingClientRect());
        return {
          edge,
          overflow: document.documentElement.scrollWidth - edge,
          hidden: costs.filter(({ left, right, width: size }) => left < 0 || right > edge || size === 0).length,
          count: costs.length,
        };
      },
      { width },
    );
    expect(console).toEqual([]);
    expect(seen).toEqual({ edge: width, overflow: 0, hidden: 0, count: 6 });
  });

  it('opens a drawing at its root, with text of full size', async () => {
    const { seen } = await lookAt(
      page,
      () => {
        const frame = document.querySelector('.graph')!.getBoundingClientRect();
        const root = document.querySelector('.node rect')!.getBoundingClientRect();
        const isInside =
          root.left >= frame.left && root.right <= frame.right && root.top >= frame.top && root.bottom <= frame.bottom;
        return { isInside, width: Math.round(root.width) };
      },
      { width },
    );
    expect(seen).toEqual({ isInside: true, width: 190 });
  });

  it.each([false, true])('has a picture (dark: %s)', async (dark) => {
    const name = `page-${width}-${dark ? 'dark' : 'light'}`;
    const { png, console } = await pictureOf(page, name, { width, dark });
    expect(console).toEqual([]);
    expect(png.readUInt32BE(16)).toBe(width);
    expect(png.length).toBeGreaterThan(15_000);
  });
});

it.each([
  [false, 'rgb(255, 255, 255)'],
  [true, 'rgb(21, 24, 28)'],
])('follows the reader (dark: %s)', async (dark, colour) => {
  const { seen } = await lookAt(page, () => getComputedStyle(document.body).backgroundColor, { dark });
  expect(seen).toBe(colour);
});

describe('a drawing', () => {
  it('is shown whole by Fit, larger by +, and at its root again by Root', async () => {
    const { seen } = await lookAt(page, () => {
      const buttons = [...document.querySelectorAll<HTMLButtonElement>('.tools button')];
      const box = () => {
        const frame = document.querySelector('.graph')!.getBoundingClientRect();
        const boxes = [...document.querySelectorAll('.node rect')].map((rect) => rect.getBoundingClientRect());
        const all = boxes.every(({ top, bottom }) => top >= frame.top && bottom <= frame.bottom);
        return { all, width: Math.round(boxes[0]!.width) };
      };
      const press = (text: string) => buttons.find((button) => button.textContent === text)!.click();
      const steps = [box()];
      for (const text of ['Fit', '+', 'Root']) {
        press(text);
        steps.push(box());
      }
      return steps;
    });
    const [opened, fitted, larger, again] = seen;
    expect(opened).toEqual({ all: false, width: 190 });
    expect(fitted!.all).toBe(true);
    expect(larger!.width / fitted!.width).toBeCloseTo(1.4, 0);
    expect(again).toEqual(opened);
  });

  it('is searched: hits are marked, counted, and shown one after the other', async () => {
    const { seen } = await lookAt(page, () => {
      const field = document.querySelector<HTMLInputElement>('.tools input')!;
      const output = document.querySelector('.tools output')!;
      const state = () => {
        const frame = document.querySelector('.graph')!.getBoundingClientRect();
        const current = document.querySelector('.node.current');
        const place = current?.querySelector('rect')?.getBoundingClientRect();
        const isShown = place !== undefined && place.top >= frame.top && place.bottom <= frame.bottom;
        return [
          output.textContent,
          current?.querySelector('title')?.textContent ?? '',
          isShown,
          document.querySelectorAll('.hit').length,
        ];
      };
      const find = (text: string) => {
        field.value = text;
        field.dispatchEvent(new Event('input'));
        return state();
      };
      const enter = (shiftKey: boolean) => {
        field.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', shiftKey }));
        return state();
      };
      return [find('seventh'), enter(false), enter(true), enter(true), find('nowhere'), find('')];
    });
    expect(seen).toEqual([
      ['1 of 85', 'node7 (Seventh.ts)', true, 85],
      ['2 of 85', 'node14 (Seventh.ts)', true, 85],
      ['1 of 85', 'node7 (Seventh.ts)', true, 85],
      ['85 of 85', 'node595 (Seventh.ts)', true, 85],
      ['not found', '', false, 0],
      ['', '', false, 0],
    ]);
  });

  it('is moved by a pointer and by keys, and zoomed around the pointer', async () => {
    const { seen } = await lookAt(page, () => {
      const svg = document.querySelector<SVGSVGElement>('.graph svg')!;
      svg.setPointerCapture = () => {};
      const root = () => {
        const { left, top, width } = document.querySelector('.node rect')!.getBoundingClientRect();
        return [left, top, width].map(Math.round);
      };
      const point = (type: string, clientX: number, clientY: number) =>
        svg.dispatchEvent(new PointerEvent(type, { pointerId: 1, clientX, clientY }));
      const start = root();
      point('pointerdown', 100, 100);
      point('pointermove', 130, 160);
      point('pointerup', 130, 160);
      point('pointermove', 500, 500);
      const dragged = root();
      svg.dispatchEvent(new KeyboardEvent('keydown', { key: 'ArrowRight' }));
      const keyed = root();
      const [x, y] = [keyed[0]!, keyed[1]!];
      svg.dispatchEvent(new WheelEvent('wheel', { deltaY: -90, ctrlKey: true, clientX: x, clientY: y }));
      const zoomed = root();
      svg.dispatchEvent(new WheelEvent('wheel', { deltaY: -90, clientX: x, clientY: y }));
      return { start, dragged, keyed, zoomed, scrolled: root() };
    });
    const [x, y] = [seen.start[0]!, seen.start[1]!];
    expect(seen.dragged).toEqual([x + 30, y + 60, 190]);
    expect(seen.keyed).toEqual([x - 30, y + 60, 190]);
    expect(seen.zoomed).toEqual([x - 30, y + 60, Math.round(190 * Math.exp(0.3))]);
    // The wheel alone scrolls the page.
    expect(seen.scrolled).toEqual(seen.zoomed);
  });

  it('that fits is shown whole from the start', async () => {
    const small = graphOf(
      '<svg viewBox="-1 -1 400 60" width="400" height="60"><g class="node" transform="translate(0 0)"><title>a</title><rect width="190" height="26"/></g></svg>',
    );
    const { seen } = await lookAt(
      pageOf({ kicker: 'k', headline: 'h', sections: [{ id: 'g', title: 'G', html: small }] }),
      () => {
        const { left, width } = document.querySelector('.node rect')!.getBoundingClientRect();
        const frame = document.querySelector('.graph')!.getBoundingClientRect();
        return {
          width: Math.round(width),
          height: Math.round(frame.height),
          isCentred: Math.abs(left - frame.left - (frame.width - 400) / 2) < 5,
        };
      },
    );
    expect(seen).toEqual({ width: 190, height: 86, isCentred: true });
  });

  it('can be scrolled without a script', () => {
    expect(page).toContain('<svg viewBox="-1 -1 882 5100" width="882" height="5100">');
    expect(page).toMatch(/\.graph \{ overflow: auto/);
  });
});
