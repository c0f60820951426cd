// What those meet at who make and use CEL expressions. Extensions import this file.

export { type CelFunctionsMessage, readCelFunctions } from './config.ts';
export { CelExpression, CelSyntaxError, type ParsedExpression } from './expression.ts';
export { type CelFunctions, standardFunctions } from './functions.ts';
export { MatchContext } from './match-context.ts';
