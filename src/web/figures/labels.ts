/** "expansion" is "Expansion". */
export const regimeLabel = (regime: string): string => regime.charAt(0).toUpperCase() + regime.slice(1);
