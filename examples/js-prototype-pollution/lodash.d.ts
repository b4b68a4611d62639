declare module 'lodash-4.17.11/defaultsDeep.js' {
  export default function defaultsDeep(to: object, ...from: object[]): Record<string, unknown>;
}
