// The allowed imports between TypeScript packages.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { join } from 'node:path';
import { placeOf } from './imports.mjs';

/**
 * The allowed imports between packages. `src` is shipped code; `rest` lists what tests, scripts and demonstrations may
 * import besides.
 */
const ARROWS = [
  { from: /^core$/, src: [], rest: [] },
  { from: /^conformance$/, src: [/^core$/], rest: [] },
  { from: /^guest$/, src: [/^core$/], rest: [/^conformance$/] },
  { from: /^backend-/, src: [/^(core|guest)$/], rest: [/^conformance$/] },
  { from: /^page$/, src: [], rest: [] },
  { from: /^compiler$/, src: [/^(core|guest|page)$/], rest: [/^conformance$/, /^backend-/] },
  { from: /^(bench|matrix)$/, src: [/^(core|conformance|compiler|guest|page)$/, /^backend-/], rest: [] },
  { from: /^scale-model$/, src: [/^bench$/], rest: [] },
  { from: /^cli$/, src: [/^(core|conformance|compiler|guest|bench)$/, /^backend-/], rest: [] },
  { from: /^(docs|integration-.*|integrations)$/, src: [/./], rest: [] },
];

/**
 * Inside core: values and errors do not depend on contexts, and policy decisions do not depend on backends or contexts.
 */
const CORE_ROOMS = [
  { from: 'wire', notTo: ['context', 'policy', 'hypercalls', 'capabilities', 'programs'] },
  { from: 'predicates', notTo: ['context', 'policy', 'hypercalls', 'capabilities', 'programs'] },
  { from: 'capabilities', notTo: ['context', 'policy', 'hypercalls', 'programs'] },
  { from: 'policy', notTo: ['context', 'hypercalls', 'programs'] },
  // This code runs inside the guest: its imports are bundled into the guest.
  { from: 'guest', notTo: ['context', 'policy', 'hypercalls', 'capabilities', 'programs'] },
];

/**
 * The one file of core that names backends. It imports optional packages at run time, with literal names so that
 * bundlers see them. A static import would be a dependency, and is refused as any other.
 */
const OPTIONAL = { from: 'packages/core/src/backends/list.ts', to: /^@colony\/backend-/ };

/**
 * @typedef {{ rule: string, from: string, to: string }} Violation
 * @typedef {{ folder: string, name: string, shipped: object, all: object }} Package
 * @typedef {import('./imports.mjs').Import} Import
 */

/** @param {string} root @returns {Package[]} */
function readPackages(root) {
  return readdirSync(join(root, 'packages'))
    .filter((folder) => existsSync(join(root, 'packages', folder, 'package.json')))
    .map((folder) => {
      const json = JSON.parse(readFileSync(join(root, 'packages', folder, 'package.json'), 'utf8'));
      const shipped = { ...json.dependencies, ...json.peerDependencies, ...json.optionalDependencies };
      return { folder, name: json.name, shipped, all: { ...shipped, ...json.devDependencies } };
    });
}

/** @param {string} specifier */
const packageOf = (specifier) => specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');

/** @param {string} from @param {string} to @param {string} area */
function arrowAllowed(from, to, area) {
  if (from === to) return true;
  const arrow = ARROWS.find((candidate) => candidate.from.test(from));
  if (arrow === undefined) return false;
  return [...arrow.src, ...(area === 'rest' ? arrow.rest : [])].some((allowed) => allowed.test(to));
}

/** Rules that an import by path breaks. @param {Import} read @param {string} target */
function* pathRules({ from }, target) {
  const to = placeOf(target);
  if (to.folder !== from.folder) yield 'another package is imported by its name, not by a path';
  if (!arrowAllowed(from.folder, to.folder, from.area)) yield 'against the arrows between packages';
  if (from.folder !== 'core' || to.folder !== 'core' || to.room === undefined) return;
  const room = CORE_ROOMS.find((rule) => rule.from === from.room);
  if (room?.notTo.includes(to.room)) yield "against the arrows between core's rooms";
}

/** Rules that an import by package name breaks. @param {Import} read @param {readonly Package[]} packages */
function* nameRules({ specifier, from, typeOnly }, packages) {
  const name = packageOf(specifier);
  const target = packages.find((candidate) => candidate.name === name);
  if (target !== undefined && !arrowAllowed(from.folder, target.folder, from.area))
    yield 'against the arrows between packages';
  const own = packages.find((candidate) => candidate.folder === from.folder);
  if (from.area !== 'src' || own === undefined || own.name === name || isBuiltin(specifier)) return;
  if (!(name in own.shipped) && !(typeOnly && name in own.all)) yield 'not among the dependencies in package.json';
}

/** @param {string} root @param {readonly Import[]} imports @returns {Violation[]} */
export function checkPackages(root, imports) {
  const packages = readPackages(root);
  return imports.flatMap((read) => {
    const { file, specifier, target, from, dynamic } = read;
    if (dynamic && file === OPTIONAL.from && OPTIONAL.to.test(specifier)) return [];
    if (target?.startsWith('scripts/') && from.area === 'rest') return [];
    const rules = target === undefined ? nameRules(read, packages) : pathRules(read, target);
    return [...rules].map((rule) => ({ rule, from: file, to: specifier }));
  });
}
