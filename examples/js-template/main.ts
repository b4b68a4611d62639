import { configure, virtine } from '@colony/compiler/runtime';
import Mustache from 'mustache';

configure({ backend: process.argv[2] ?? 'auto' });

/** Templates are what customers write; what they may see is the view, and nothing else. */
const render = virtine((template: string, view: object) => Mustache.render(template, view), {
  limits: { wallTime: '2 s', cpuTime: '1 min', memory: '256 MiB' },
});

const order = { name: 'Anna', items: [{ what: 'seeds' }, { what: 'a <pot>' }] };
console.log(await render('Dear {{name}}, you ordered{{#items}} {{what}},{{/items}} thank you.', order));

// Ten items in a list, in a list, in a list...: 10,000,000,000 lines. Only this call ends.
const depth = 10;
const bomb = `${'{{#l}}'.repeat(depth)}x${'{{/l}}'.repeat(depth)}`;
await render(bomb, { l: Array(10).fill(1) }).catch((error) => console.log('a bomb:', error.code));

console.log(await render('Goodbye, {{name}}.', order));
await render.dispose();
