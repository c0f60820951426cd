// Owns /config_dump: what runs, as the messages it came from, in the sections of envoy.admin.v3.ConfigDump.
// Loads the descriptors of what it shows (some MB); quiet-memory.ts lets them go again.
// Source: https://www.envoyproxy.io/docs/envoy/latest/api-v3/admin/v3/config_dump.proto
import type { DescField, DescMessage, JsonValue, Message } from '@bufbuild/protobuf';
import { messageDescriptor } from '../../config/api.ts';
import { clustersDump, type DumpedCluster, endpointsDump } from '../../upstream/admin-view.ts';
import type { Server } from '../compose.ts';
import { type AdminResponse, json } from './endpoint.ts';
import { applyMask, isValidPath, parseFieldMask } from './field-mask.ts';
import { type JsonObject, messageJson, messageJsonWithType } from './message-json.ts';
import { nodeJson } from './node.ts';

type NameTest = (name: string) => boolean;

interface Section {
  /** Of `envoy.admin.v3`. */
  readonly type: string;
  readonly content: JsonObject;
}

export async function configDump(server: Server, query: URLSearchParams): Promise<AdminResponse> {
  const matches = await nameTest(query.get('name_regex') ?? '');
  if (typeof matches === 'string') return refuse(400, matches);
  const sections = allSections(server, matches, query.has('include_eds'));
  const mask = query.get('mask') ?? '';
  const resource = query.get('resource') ?? '';
  if (resource !== '') return resourceDump(sections, resource, mask);
  return mask === '' ? answer(sections.map(withType)) : maskedDump(sections, mask);
}

/** Names match as a whole. */
async function nameTest(pattern: string): Promise<NameTest | string> {
  if (pattern === '') return () => true;
  const { compileNameFilter } = await import('../../observability/stats/filter.ts');
  const bare = await compileNameFilter(pattern);
  if ('error' in bare) {
    const reason = bare.error.replace(/^Invalid re2 regex: /, '');
    return `INVALID_ARGUMENT: Error while parsing name_regex from ${pattern}: ${reason}`;
  }
  const whole = await compileNameFilter(`^(?:${pattern})$`);
  return 'error' in whole ? whole.error : whole.filter;
}

function refuse(status: number, body: string): AdminResponse {
  return { status, contentType: 'text/plain', body };
}

function answer(configs: readonly JsonObject[]): AdminResponse {
  return json(configs.length === 0 ? {} : { configs });
}

function withType({ type, content }: Section): JsonObject {
  return { '@type': `type.googleapis.com/envoy.admin.v3.${type}`, ...content };
}

function descriptorOf({ type }: Section): DescMessage {
  return messageDescriptor(`envoy.admin.v3.${type}`);
}

/** Sections that know every path, cut down to it. */
function maskedDump(sections: readonly Section[], mask: string): AdminResponse {
  const paths = parseFieldMask(mask);
  const kept = sections.filter((section) => paths.every((path) => isValidPath(descriptorOf(section), path)));
  if (kept.length === 0) return refuse(400, `FieldMask ${mask} could not be successfully applied to any configs.`);
  return answer(kept.map((section) => applyMask(withType(section), paths)));
}

/** One repeated field of one section, an Any for each element. */
function resourceDump(sections: readonly Section[], resource: string, mask: string): AdminResponse {
  for (const section of sections) {
    const field: DescField | undefined = descriptorOf(section).fields.find(({ name }) => name === resource);
    if (field === undefined) continue;
    if (field.fieldKind !== 'list' || field.listKind !== 'message') {
      return refuse(400, `${resource} is not a repeated field. Use ?mask=${resource} to get only this field`);
    }
    const elements = ((section.content[resource] ?? []) as JsonObject[]).map((element) => ({
      '@type': `type.googleapis.com/${field.message.typeName}`,
      ...element,
    }));
    if (mask === '') return answer(elements);
    const masked = elements.map((element) => maskedElement(element, field.message, mask));
    const bad = `FieldMask ${mask} could not be successfully used.`;
    return masked.some((element) => element === undefined)
      ? refuse(400, bad)
      : answer(masked.filter((element) => element !== undefined));
  }
  return refuse(404, `${resource} not found in config dump`);
}

/** A path begins in the element and goes on in the message that it holds; undefined when there is no such field. */
function maskedElement(element: JsonObject, descriptor: DescMessage, mask: string): JsonObject | undefined {
  const paths = parseFieldMask(mask);
  for (const [first, ...rest] of paths) {
    const held = element[first ?? ''] as JsonObject | undefined;
    const field = descriptor.fields.find(({ name }) => name === first);
    if (field === undefined) return undefined;
    if (rest.length === 0 || held === undefined) continue;
    const type = held['@type'];
    if (typeof type !== 'string') return undefined;
    if (!isValidPath(messageDescriptor(type.slice(type.lastIndexOf('/') + 1)), rest)) return undefined;
  }
  return applyMask(element, paths);
}

function allSections(server: Server, matches: NameTest, includeEndpoints: boolean): Section[] {
  const sections: Section[] = [
    { type: 'BootstrapConfigDump', content: bootstrapSection(server) },
    { type: 'ClustersConfigDump', content: clustersSection(server, matches) },
  ];
  if (includeEndpoints) sections.push({ type: 'EndpointsConfigDump', content: endpointsSection(server, matches) });
  sections.push(
    { type: 'ListenersConfigDump', content: listenersSection(server, matches) },
    { type: 'ScopedRoutesConfigDump', content: {} },
    { type: 'RoutesConfigDump', content: routesSection(server, matches) },
    { type: 'SecretsConfigDump', content: secretsSection(server, matches) },
  );
  return sections;
}

function bootstrapSection(server: Server): JsonObject {
  const { node: _node, ...rest } = messageJson(server.bootstrap.message);
  return {
    bootstrap: { node: nodeJson(server), ...rest },
    last_updated: timestamp(server.bootstrapUpdated),
  };
}

function clustersSection(server: Server, matches: NameTest): JsonObject {
  const dump = clustersDump(server.clusters);
  const list = (name: string, clusters: readonly DumpedCluster[]): JsonObject =>
    listed(
      name,
      clusters.flatMap(({ message, versionInfo, lastUpdated }) => {
        const cluster = message as Message & { readonly name: string };
        if (!matches(cluster.name)) return [];
        return [
          { ...version(versionInfo), cluster: messageJsonWithType(cluster), last_updated: timestamp(lastUpdated) },
        ];
      }),
    );
  return {
    ...version(server.dynamic.clustersVersion),
    ...list('static_clusters', dump.staticClusters),
    ...list('dynamic_active_clusters', dump.dynamicActiveClusters),
    ...list('dynamic_warming_clusters', dump.dynamicWarmingClusters),
  };
}

function endpointsSection(server: Server, matches: NameTest): JsonObject {
  const { '@type': _type, ...lists } = endpointsDump(server.clusters) as JsonObject;
  return Object.fromEntries(
    Object.entries(lists).map(([name, list]) => [
      name,
      (list as JsonObject[]).filter((entry) => {
        const assignment = entry['endpoint_config'] as JsonObject;
        return matches(String(assignment['cluster_name']));
      }),
    ]),
  );
}

function listenersSection(server: Server, matches: NameTest): JsonObject {
  const fixed: JsonObject[] = [];
  const dynamic: JsonObject[] = [];
  const { listeners } = server;
  for (const [name, { listener, version: versionInfo, addedViaApi, lastUpdated }] of listeners.entries()) {
    if (!matches(name)) continue;
    const state = { listener: messageJsonWithType(listener.config.message), last_updated: timestamp(lastUpdated) };
    if (!addedViaApi) fixed.push(state);
    else dynamic.push({ name, active_state: { ...version(versionInfo), ...state }, ...warmingState(server, name) });
  }
  for (const [name, { addedViaApi }] of listeners.warming) {
    if (addedViaApi && !listeners.entries().has(name) && matches(name)) {
      dynamic.push({ name, ...warmingState(server, name) });
    }
  }
  return {
    ...version(server.dynamic.listenersVersion),
    ...listed('static_listeners', fixed),
    ...listed('dynamic_listeners', dynamic),
  };
}

/** A changed listener goes on in its old form until what it waits for (RDS) is there. */
function warmingState(server: Server, name: string): JsonObject {
  const warming = server.listeners.warming.get(name);
  if (warming === undefined) return {};
  const { version: versionInfo, config, lastUpdated } = warming;
  const listener = messageJsonWithType(config.message);
  return { warming_state: { ...version(versionInfo), listener, last_updated: timestamp(lastUpdated) } };
}

function routesSection(server: Server, matches: NameTest): JsonObject {
  const fixed: JsonObject[] = [];
  for (const { message, lastUpdated } of server.routes.inlineRoutes()) {
    if (!matches(message.name)) continue;
    fixed.push({ route_config: messageJsonWithType(message), last_updated: timestamp(lastUpdated) });
  }
  const dynamic: JsonObject[] = [];
  for (const { name, message, version: versionInfo, lastUpdated } of server.routeSubscriptions.all()) {
    if (message === null || !matches(name)) continue;
    const route = messageJsonWithType(message);
    dynamic.push({ ...version(versionInfo), route_config: route, last_updated: timestamp(lastUpdated) });
  }
  return { ...listed('static_route_configs', fixed), ...listed('dynamic_route_configs', dynamic) };
}

/** Keys and passwords are hidden where the messages are printed. */
function secretsSection(server: Server, matches: NameTest): JsonObject {
  const fixed: JsonObject[] = [];
  for (const { name, message } of server.secrets.staticSecrets()) {
    if (!matches(name)) continue;
    fixed.push({ name, secret: messageJsonWithType(message) });
  }
  const active: JsonObject[] = [];
  const warming: JsonObject[] = [];
  for (const { name, value, message, version: versionInfo, lastUpdated } of server.secretSubscriptions.all()) {
    if (!matches(name)) continue;
    const state = { last_updated: timestamp(lastUpdated), secret: messageJsonWithType(message) };
    if (value === undefined) warming.push({ name, version_info: 'uninitialized', ...state });
    else active.push({ name, ...version(versionInfo), ...state });
  }
  return {
    ...listed('static_secrets', fixed),
    ...listed('dynamic_active_secrets', active),
    ...listed('dynamic_warming_secrets', warming),
  };
}

function version(text: string): JsonObject {
  return text === '' ? {} : { version_info: text };
}

function listed(name: string, list: readonly JsonObject[]): JsonObject {
  return list.length === 0 ? {} : { [name]: list as JsonValue[] };
}

/** Milliseconds since the epoch as protobuf prints a time. */
function timestamp(wallMs: number): string {
  return new Date(wallMs).toISOString();
}
