/** Results that would depend on the host's locale and time zone names, as quickjs-ng gives them. */

type Method = (this: unknown, ...args: never[]) => unknown;

function replace(prototype: object, methods: Record<string, Method>): void {
  for (const [name, value] of Object.entries(methods)) {
    Object.defineProperty(value, 'name', { value: name, configurable: true });
    Object.defineProperty(prototype, name, { value, writable: true, enumerable: false, configurable: true });
  }
}

const two = (n: number) => (n < 10 ? `0${n}` : `${n}`);

function dateText(date: Date): string {
  return `${two(date.getMonth() + 1)}/${two(date.getDate())}/${date.getFullYear()}`;
}

function timeText(date: Date): string {
  const hours = date.getHours();
  const half = hours < 12 ? 'AM' : 'PM';
  return `${two(hours % 12 || 12)}:${two(date.getMinutes())}:${two(date.getSeconds())} ${half}`;
}

/** Without the zone's name, which the engine takes from its locale data. */
function plain(text: string): string {
  const at = text.indexOf(' (');
  return at < 0 ? text : text.slice(0, at);
}

export function localeFree(): void {
  const { toString: numberText } = Number.prototype;
  const { toString: bigintText } = BigInt.prototype;
  const { toLowerCase, toUpperCase, normalize } = String.prototype;
  const { toString: dateString, toTimeString, getTime } = Date.prototype;
  const { apply } = Reflect;
  const { isNaN: invalid } = Number;
  // Methods, not arrows: `new` on them must fail as it does on built-in ones.
  replace(Number.prototype, {
    toLocaleString() {
      return apply(numberText, this, []);
    },
  });
  replace(BigInt.prototype, {
    toLocaleString() {
      return apply(bigintText, this, []);
    },
  });
  replace(String.prototype, {
    toLocaleLowerCase() {
      return apply(toLowerCase, this, []);
    },
    toLocaleUpperCase() {
      return apply(toUpperCase, this, []);
    },
    localeCompare(other?: unknown) {
      const [a, b] = [apply(normalize, this, []), apply(normalize, String(other), [])];
      return a < b ? -1 : a > b ? 1 : 0;
    },
  });
  const dated = (text: (date: Date) => string) => (date: unknown) =>
    invalid(apply(getTime, date, [])) ? 'Invalid Date' : text(date as Date);
  const [both, date, time] = [dated((d) => `${dateText(d)}, ${timeText(d)}`), dated(dateText), dated(timeText)];
  replace(Date.prototype, {
    toString() {
      return plain(apply(dateString, this, []));
    },
    toTimeString() {
      return plain(apply(toTimeString, this, []));
    },
    toLocaleString() {
      return both(this);
    },
    toLocaleDateString() {
      return date(this);
    },
    toLocaleTimeString() {
      return time(this);
    },
  });
}
