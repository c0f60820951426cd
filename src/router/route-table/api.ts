// What makes route tables, for those who hold them (server, xds), and what the router filter needs of them.
export type { RouteTableContext, RouteTableServices } from '../config/context.ts';
export { buildRouteTable } from '../config/route-table.ts';
export { updateAuthority } from './host-rewrite.ts';
