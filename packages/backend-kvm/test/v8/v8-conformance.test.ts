/**
 * The laws about JavaScript, and attacks on a guest's runtime, with V8 as the engine. Without COLONY_V8_ALL (`npm run
 * hostile:v8 -w @colony/backend-kvm`) a part of the attacks runs, because each boots an engine in a process of its own.
 */
import { conformance, type Law, type Scenario } from '@colony/conformance';
import { describe, it } from 'vitest';
import { describeKvm } from '../lib/kvm.js';

/** A state of V8 has some hundred MiB, so each of their runs takes a second. */
const isLarge = ({ name }: Law) => /^a (damaged|forged) snapshot file is refused/.test(name);

/** They look for Node's globals and modules, which here are the guest's own, or end by another limit. */
const OTHER_ENDS = [
  'walk through the constructors of every global',
  'walk from a value to the Function constructor and its global object',
  "import of the host's modules",
  'process.binding, dlopen and the inspector through a global object',
  'a host exception caught in a promise chain',
  "a promise species that gets the host's callbacks",
  'yield* in an async generator that is closed',
  "an inspection hook that the host's console calls",
  'call sites with functions and receivers',
  'a proxy in the place of a prototype of the runtime',
  'bound and native functions as constructors',
  'with, unscopables and sloppy functions',
  'WebAssembly, ShadowRealm and workers from within',
  'error causes, aggregate errors and disposal',
  'specifiers that a loader could normalize',
  'jobs that make jobs',
  'hypercalls with huge names and arguments',
];
const SOME = [
  'a stack without end, caught at every level',
  'a result nested a million deep',
  'a Map without end',
  'work that goes on after the result',
  'every global deleted',
  'forge results with the codes of the host',
  'prepareStackTrace and stack objects',
  'Promise.prototype.then and Promise itself',
  'a detached and a resized buffer as a result',
  'hypercalls from within getters, proxies and toString of arguments',
];

const all = process.env['COLONY_V8_ALL'] !== undefined;
const scenarios = ({ kind = 'js', name }: Scenario) =>
  kind === 'js' && (all ? !OTHER_ENDS.includes(name) : SOME.includes(name));

describeKvm('conformance with V8', () => {
  const common = { test: { describe, it }, backend: 'kvm', engine: 'v8' } as const;
  conformance({ ...common, scenarios, filter: (law) => law.program === 'js' && !isLarge(law) });
  conformance({ ...common, hostile: false, filter: isLarge, ...(all ? {} : { runs: 1 }) });
});
