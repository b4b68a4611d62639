/** The same function natively and in virtines, for packages/bench. */
import { virtine } from '@colony/compiler/runtime';
import Mustache from 'mustache';

const items = Array.from({ length: 100 }, (_, i) => ({ what: `item ${i}`, price: i }));
export const args = [
  'Dear {{name}}:{{#items}} {{what}} at {{price}},{{/items}} thank you.',
  { name: 'Anna', items },
] as const;

export const plain = (template: string, view: object) => Mustache.render(template, view);
export const kvm = virtine((template: string, view: object) => Mustache.render(template, view), { backend: 'kvm' });
export const wasm = virtine((template: string, view: object) => Mustache.render(template, view), { backend: 'wasm' });

export const sizeOf = (text: string): number => text.length;
