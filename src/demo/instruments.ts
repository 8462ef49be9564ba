import type { AssetClass } from "../market/source.ts";

/** What the demo's exchange lists: invented names, so that nobody takes a synthetic price for a real one. */
export interface Instrument {
  readonly ticker: string;
  readonly name: string;
  readonly assetClass: AssetClass;
  readonly exchange: string;
  /** What it is quoted in, as Yahoo spells it: USD unless it says so, GBp for pence. */
  readonly quotedIn?: string;
  /** Where its sessions are; New York unless it says so. */
  readonly timezone?: string;
  readonly sector: string | null;
  readonly industry: string | null;
  readonly firstPrice: number;
  /** How far it goes with the market: 1 as far, 0 not at all. */
  readonly beta: number;
  /** Expected return a year on top of what the market gives it. */
  readonly ownDrift: number;
  /** Of its own movements, a year. */
  readonly ownVolatility: number;
  /** Paid in quarters; 0: none. */
  readonly dividendYield: number;
  /** New shares for each old one, in June of every fourth year. */
  readonly splitRatio?: number;
}

/** What everybody may compare with: the world's shares, America's, and bonds. */
export const demoBenchmarks = ["WRLD", "AMER", "AGGB"];

const stock = { assetClass: "stock", exchange: "NMS" } as const;
const etf = { assetClass: "etf", exchange: "PCX", sector: null, industry: null } as const;

const listing = { sector: null, industry: null } as const;

export const instruments: readonly Instrument[] = [
  {
    ...stock,
    ticker: "NORD",
    name: "Nordlys Software",
    sector: "Technology",
    industry: "Software - Application",
    firstPrice: 118,
    beta: 1.25,
    ownDrift: 0.16,
    ownVolatility: 0.22,
    dividendYield: 0.006,
    splitRatio: 2,
  },
  {
    ...stock,
    ticker: "HELI",
    name: "Helios Renewables",
    sector: "Utilities",
    industry: "Utilities - Renewable",
    firstPrice: 41,
    beta: 0.7,
    ownDrift: 0.04,
    ownVolatility: 0.2,
    dividendYield: 0.034,
  },
  {
    ...stock,
    ticker: "CURA",
    name: "Cura Laboratories",
    sector: "Healthcare",
    industry: "Drug Manufacturers - General",
    firstPrice: 87,
    beta: 0.6,
    ownDrift: 0.03,
    ownVolatility: 0.16,
    dividendYield: 0.022,
  },
  {
    ...stock,
    ticker: "BASL",
    name: "Basalt Materials",
    sector: "Basic Materials",
    industry: "Building Materials",
    firstPrice: 63,
    beta: 1.1,
    ownDrift: -0.05,
    ownVolatility: 0.26,
    dividendYield: 0.018,
  },
  {
    ...etf,
    ticker: "WRLD",
    name: "World Equity ETF",
    firstPrice: 74,
    beta: 1,
    ownDrift: 0,
    ownVolatility: 0.02,
    dividendYield: 0.017,
  },
  {
    ...etf,
    ticker: "AMER",
    name: "American Equity ETF",
    firstPrice: 168,
    beta: 1.05,
    ownDrift: 0.008,
    ownVolatility: 0.035,
    dividendYield: 0.013,
  },
  {
    ...etf,
    ticker: "AGGB",
    name: "Aggregate Bond ETF",
    firstPrice: 96,
    beta: 0.05,
    ownDrift: -0.004,
    ownVolatility: 0.045,
    dividendYield: 0.03,
  },
  {
    assetClass: "crypto",
    exchange: "CCC",
    sector: null,
    industry: null,
    ticker: "SYNC-USD",
    name: "Syncoin USD",
    firstPrice: 640,
    beta: 1.3,
    ownDrift: 0.45,
    ownVolatility: 0.55,
    dividendYield: 0,
  },
  {
    assetClass: "future",
    exchange: "CMX",
    sector: null,
    industry: null,
    ticker: "AUR=F",
    name: "Aurum Futures",
    firstPrice: 1240,
    beta: -0.1,
    ownDrift: 0.05,
    ownVolatility: 0.14,
    dividendYield: 0,
  },
  {
    ...listing,
    assetClass: "stock",
    exchange: "NBO",
    ticker: "BAOB.NB",
    name: "Baobab Telecom",
    quotedIn: "KES",
    timezone: "Africa/Nairobi",
    sector: "Communication Services",
    industry: "Telecom Services",
    firstPrice: 14,
    beta: 0.4,
    ownDrift: 0.05,
    ownVolatility: 0.18,
    dividendYield: 0.048,
  },
  {
    ...listing,
    assetClass: "fund",
    exchange: "LSE",
    ticker: "THAM.L",
    name: "Thames Investment Trust",
    quotedIn: "GBp",
    timezone: "Europe/London",
    firstPrice: 212,
    beta: 0.8,
    ownDrift: 0,
    ownVolatility: 0.07,
    dividendYield: 0.026,
  },
  {
    ...listing,
    assetClass: "stock",
    exchange: "JNB",
    ticker: "KARO.JO",
    name: "Karoo Holdings",
    quotedIn: "ZAc",
    timezone: "Africa/Johannesburg",
    sector: "Consumer Cyclical",
    industry: "Internet Retail",
    firstPrice: 51_000,
    beta: 1.1,
    ownDrift: 0.06,
    ownVolatility: 0.25,
    dividendYield: 0.003,
  },
];

const pair = {
  ...listing,
  assetClass: "currency",
  exchange: "CCY",
  timezone: "Europe/London",
  beta: -0.05,
  dividendYield: 0,
} as const;

/** What one currency is worth in another: nobody buys them, rates are read from them. */
export const pairs: readonly Instrument[] = [
  {
    ...pair,
    ticker: "KES=X",
    name: "USD/KES",
    quotedIn: "KES",
    firstPrice: 90,
    ownDrift: 0.035,
    ownVolatility: 0.05,
  },
  { ...pair, ticker: "GBPUSD=X", name: "GBP/USD", firstPrice: 1.53, ownDrift: -0.015, ownVolatility: 0.08 },
  {
    ...pair,
    ticker: "ZAR=X",
    name: "USD/ZAR",
    quotedIn: "ZAR",
    firstPrice: 11.6,
    ownDrift: 0.04,
    ownVolatility: 0.12,
  },
];
