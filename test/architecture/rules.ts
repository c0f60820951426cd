// The import rules of the house (DESIGN 2), for dependency-cruiser; enforced by imports.test.ts.
// Types count as imports: a lower layer that needs an upper layer's type has its interface in the wrong place.

import type { ICruiseOptions, IForbiddenRuleType } from 'dependency-cruiser';

export interface Rules {
  readonly forbidden: IForbiddenRuleType[];
  readonly options: ICruiseOptions;
}

/** From the bottom up. A folder may import itself and what stands before it; folders of one row do not see each other. */
export const LAYERS: readonly (readonly string[])[] = [
  ['base'],
  ['config'],
  ['observability'],
  ['network'],
  ['tls', 'interception'],
  ['http/headers'],
  ['http/codec', 'matchers'],
  ['upstream'],
  ['http/filter'],
  ['router'],
  ['grpc'],
  ['http/connection-manager'],
  ['listener'],
  ['xds'],
  ['server'],
  ['dashboard'],
  ['cli'],
];

/** Files that put the program together, the only ones that may read the manifest of extensions. */
const COMPOSERS = '^src/(server/main|cli/remora)\\.ts$';

/** What the manifest is made of; for extensions as good as an api.ts. */
const REGISTRY = '^src/config/extension-registry\\.ts$';

const folder = (name: string): string => `^src/${name}/`;

// The top row has nothing above it, and an empty list of paths would match everything.
const layerRules: IForbiddenRuleType[] = LAYERS.slice(0, -1).flatMap((row, level) =>
  row.map((name) => ({
    name: `layer-${name}`,
    comment: `src/${name} imports only what stands below it (DESIGN 2)`,
    severity: 'error',
    from: { path: folder(name) },
    to: {
      path: [...LAYERS.slice(level + 1).flat(), ...row.filter((other) => other !== name)].map(folder),
    },
  })),
);

export const rules: Rules = {
  forbidden: [
    ...layerRules,
    {
      name: 'known-folder',
      comment: 'every folder of src has its place in LAYERS',
      severity: 'error',
      from: {},
      to: { path: '^src/', pathNot: [...LAYERS.flat(), 'extensions', 'generated'].map(folder) },
    },
    {
      name: 'core-never-imports-extensions',
      comment: 'the manifest maps type URL to factory; only who composes the program reads the manifest',
      severity: 'error',
      from: { path: '^src/', pathNot: ['^src/extensions/', COMPOSERS] },
      to: { path: '^src/extensions/' },
    },
    {
      name: 'composers-see-only-the-manifest',
      comment: 'who composes the program names no extension either',
      severity: 'error',
      from: { path: COMPOSERS },
      to: { path: '^src/extensions/', pathNot: '^src/extensions/manifest\\.ts$' },
    },
    {
      name: 'extensions-see-only-api',
      comment: "an extension imports core's api.ts files, base and extensions/common; so core may change behind them",
      severity: 'error',
      from: { path: '^src/extensions/' },
      to: { path: '^src/', pathNot: ['^src/extensions/', '^src/base/', '^src/generated/', '/api\\.ts$', REGISTRY] },
    },
    {
      name: 'extensions-do-not-know-each-other',
      comment: 'what two extensions share is in extensions/common',
      severity: 'error',
      // extensions/KIND/NAME/…, and extensions/filters/KIND/NAME/…
      from: { path: '^src/extensions/((?:filters/)?[^/]+/[^/]+)/', pathNot: ['^src/extensions/common/'] },
      to: { path: '^src/extensions/', pathNot: ['^src/extensions/common/', '^src/extensions/$1/'] },
    },
    {
      name: 'generated-types-stop-in-config',
      comment: 'messages become frozen plain objects in the config.ts (config-PART.ts) of each unit',
      severity: 'error',
      from: {
        path: '^src/',
        pathNot: ['^src/generated/', '^src/config/', '[/-]config\\.ts$', '/config-[a-z-]+\\.ts$', '/config/'],
      },
      to: { path: '^src/generated/' },
    },
    {
      name: 'no-cycles',
      comment: 'two files that need each other at run time are one, or lack a third',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'not-found',
      comment: 'an import that leads nowhere',
      severity: 'error',
      from: {},
      // node:ffi is newer than the list of built-in modules in the tool.
      to: { couldNotResolve: true, pathNot: '^(node:)?ffi$' },
    },
    {
      name: 'no-development-tools',
      comment: 'what runs is bundled from dependencies alone',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/generated/' },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'] },
    },
  ],
  options: {
    doNotFollow: { path: ['node_modules', '^src/generated/'] },
    moduleSystems: ['es6'],
    parser: 'swc',
    enhancedResolveOptions: {
      extensions: ['.ts', '.js', '.json'],
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default'],
    },
  },
};
