/**
 * Hostile and odd functions of one program: their results, errors, side effects, and the built-ins that they change.
 */
import fc from 'fast-check';

const text = (...choices: readonly string[]) => fc.constantFrom(...choices);

const number = text(
  '0',
  '-0',
  'NaN',
  'Infinity',
  '-1',
  '23',
  '24',
  '256',
  '65536',
  '2 ** 31',
  '-(2 ** 31) - 1',
  '2 ** 32',
).chain((plain) => text(plain, '2 ** 53', '2 ** 53 - 1', '-(2 ** 53)', '5e-324', '0.1', '1e300'));

const string = fc.oneof(
  text("''", "'then'", "'\\ud800'", "'\\udc00x'", "'\\ud83d\\ude00'", "'\\0'", "'\\ud7ff\\ue000'", "'é'.repeat(40)"),
  text("'x'.repeat(300)", "'ab'.repeat(40000)", "['a', 'b'].join('-')", "('rope' + a.length).repeat(9) + a.length"),
);

const odd = text(
  ...[
    'null',
    'undefined',
    'true',
    'false',
    '10n',
    '-(2n ** 64n)',
    "Symbol('s')",
    '() => 1',
    'class A {}',
    'globalThis.nothing',
  ],
  ...[
    'a',
    'a[0]',
    'a[1]',
    'shared',
    'cycle',
    'arguments',
    'kept',
    'Math',
    'JSON',
    'new Date(7)',
    '/x/g',
    'new WeakMap()',
  ],
  ...[
    'new Map([[1, shared]])',
    'new Set([shared, shared])',
    'Uint8Array.of(1, 2)',
    'new ArrayBuffer(3)',
    'Object(1)',
    'Object(1n)',
  ],
  ...[
    'new Float64Array([-0, NaN])',
    'new (class P { x = 1 })()',
    'new (class Q extends Array {})(2).fill(1)',
    'function* () {}',
  ],
  ...[
    '(function* () { yield 1; })()',
    '[1, 2].values()',
    "new Error('own: made')",
    'Object.assign([1], { more: 2 })',
    '[1, , 3]',
  ],
  ...[
    'new Array(5)',
    'Object.freeze([1, [2]])',
    'Object.freeze({ f: 1 })',
    'Object.defineProperty([1, 2], 1, { value: 3 })',
  ],
  ...[
    'Object.defineProperty([1], 0, { get: () => seen.push(0), enumerable: true })',
    '{ get g() { return seen.push(1); } }',
  ],
  ...[
    "{ get g() { throw new Error('own: got'); } }",
    "Object.defineProperty({ v: 1 }, 'h', { value: 2 })",
    '{ [Symbol.iterator]: 1, s: 2 }',
  ],
  ...[
    'JSON.parse(\'{"__proto__":{"x":1},"10":1,"9":2,"01":3}\')',
    'Object.create(null)',
    'Object.create({ inherited: 1 })',
    '{ toJSON: 1 }',
  ],
  ...[
    "{ '\\ud800': 1 }",
    "{ '': 0, 'a b': 1 }",
    '{ [2 ** 32]: 1, 4294967294: 2 }',
    '{ [Symbol.toStringTag]: "Date", k: 1 }',
  ],
  ...[
    'new Proxy({ p: 1 }, {})',
    'new Proxy([1], {})',
    'new Proxy({}, { get: (_, key) => { seen.push(String(key)); } })',
    'revoked',
  ],
  ...[
    'Array.from({ length: 70 }, (_, i) => ({ i }))',
    'deep(15)',
    'deep(16)',
    'deep(17)',
    'deep(130)',
    'Object.fromEntries(a.entries())',
  ],
);

const value = fc.letrec<{ value: string }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    fc.oneof(number, string, odd),
    fc.array(tie('value'), { maxLength: 3 }).map((items) => `[${items.join(', ')}]`),
    fc
      .array(
        fc.tuple(text('x', 'y', '"1"', '"0"', '["__proto__"]', '"ü"', 'then', 'constructor', 'length'), tie('value')),
        { maxLength: 3 },
      )
      .map((fields) => `{ ${fields.map(([key, item]) => `${key}: ${item}`).join(', ')} }`),
  ),
})).value;

/** Substitutes for a value: promises and thenables of all kinds. */
const settling = (inner: string) =>
  text(
    ...[
      inner,
      `Promise.resolve(${inner})`,
      `Promise.reject(${inner})`,
      `(async () => (${inner}))()`,
      `(async () => { throw ${inner}; })()`,
    ],
    ...[
      `(async () => { await null; seen.push('late'); return ${inner}; })()`,
      `new (class S extends Promise {})((r) => r(${inner}))`,
    ],
    ...[`{ then: (r) => r(${inner}) }`, `{ then: (_, f) => f(${inner}) }`, `{ then(r) { r(${inner}); r(1); } }`],
    ...[
      `{ then(r) { r(${inner}); throw 1; } }`,
      `{ then: (r) => r({ then: (s) => s(${inner}) }) }`,
      `{ get then() { seen.push('then'); return (r) => r(${inner}); } }`,
    ],
    ...[
      `Object.assign(Promise.resolve(${inner}), { then: undefined })`,
      `Object.assign(Promise.resolve(1), { then: (r) => r(${inner}) })`,
    ],
    ...[
      `Object.setPrototypeOf(Promise.resolve(${inner}), null)`,
      `Object.setPrototypeOf(Promise.resolve(1), { then: (r) => r(${inner}) })`,
    ],
    ...[
      `Object.defineProperty(Promise.resolve(${inner}), 'constructor', { get() { seen.push('made'); return Promise; } })`,
    ],
    ...[
      `Object.assign(Promise.resolve(${inner}), { constructor: 1 })`,
      `new Proxy(Promise.resolve(${inner}), {})`,
      'new Promise(() => {})',
    ],
    ...[
      `Object.create(Promise.prototype)`,
      `Object.assign(() => 1, { then: (r) => r(${inner}) })`,
      `{ get then() { throw ${inner}; } }`,
    ],
  );

const change = text(
  ...['', '', '', '', "Object.prototype.then = (r) => r('all');", "Array.prototype.then = (r) => r('arrays');"],
  ...[
    "Object.setPrototypeOf(Array.prototype, { then: (r) => r('chain') });",
    'Object.setPrototypeOf(Array.prototype, null);',
  ],
  ...[
    "Promise.prototype.then = (r) => r('promises');",
    'delete Promise.prototype.then;',
    'Promise.prototype.constructor = null;',
  ],
  ...[
    "Object.defineProperty(Promise.prototype, 'then', { get() { seen.push('asked'); } });",
    'globalThis.Promise = null;',
  ],
  ...[
    'Object.prototype.toJSON = () => 1;',
    'Object.freeze(Object.prototype); Object.freeze(Array.prototype);',
    'Object.seal(Promise.prototype);',
  ],
  ...[
    "Object.prototype.x = 'inherited';",
    "Array.prototype[Symbol.toStringTag] = 'Date';",
    'Array.prototype[Symbol.iterator] = null;',
  ],
  ...[
    "Object.defineProperty(Object.prototype, 'y', { set() { seen.push('set'); }, get: () => 'got', configurable: true });",
  ],
  ...[
    'a.length = 0;',
    'Object.setPrototypeOf(a, null);',
    'a.reverse();',
    'Object.freeze(a);',
    'Symbol.prototype.then = 1;',
  ],
);

const before = text(
  ...[
    '',
    '',
    '',
    "Promise.resolve().then(() => { seen.push('job'); });",
    'Promise.resolve().then(() => { throw 1; });',
    'host.note(shared);',
  ],
  ...[
    'Promise.resolve().then(() => { shared.job = 1; });',
    "Promise.resolve().then(() => { shared.then = (r) => r('job'); });",
  ],
  ...[
    "Promise.resolve().then(() => host.note('job'));",
    "try { host.fail('own: no'); } catch (error) { seen.push(error.message); }",
  ],
  ...[
    'queueMicrotask(() => host.note(seen));',
    'seen.push(Math.random() < 1);',
    'kept.push(a[0]);',
    'kept.push(shared);',
  ],
);

const ending = (result: string) =>
  text(
    ...[
      `return ${result};`,
      `return ${result};`,
      `return ${result};`,
      `throw ${result};`,
      `const made = ${result}; host.note(1); return made;`,
    ],
    ...[
      `(function down() { down(); })();`,
      `throw Object.defineProperty(new Error('own: thrown'), 'message', { get: () => { throw ${result}; } });`,
    ],
    ...[
      `throw Object.assign(new RangeError('own: far'), { code: 'FAR', stack: ${result} });`,
      `throw { message: ${result} };`,
      'null.x;',
    ],
  );

/** The body of one function of `(...a)`. */
export const body: fc.Arbitrary<string> = value
  .chain(settling)
  .chain((result) => fc.tuple(change, before, ending(result)))
  .map((parts) => parts.filter((part) => part !== '').join('\n'));

export const programOf = (bodies: readonly string[]) => `
let seen = [], kept = [];
const shared = { a: 1 }, cycle = { b: 2 };
cycle.cycle = cycle;
const deep = (depth) => { let made = 1; for (; depth > 0; depth--) made = [made]; return made; };
const { proxy: revoked, revoke } = Proxy.revocable({}, {});
revoke();
export const state = () => [seen.map(String), kept.length, shared.job ?? 0];
${bodies.map((body, i) => `export function f${i}(...a) {\n${body}\n}`).join('\n')}`;
