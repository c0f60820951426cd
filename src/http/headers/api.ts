// What extensions may use of the header maps.
export { HeaderMap, RequestHeaders, ResponseHeaders } from './header-map.ts';
export { headerName, NameFlag, NameInfo, Names, pinnedName } from './name.ts';
