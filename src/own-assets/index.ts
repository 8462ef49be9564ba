/** Assets of somebody's own, and their prices. Errors are told apart by their `code`. */
export {
  changeOwnAsset,
  deleteOwnAsset,
  findOwnAsset,
  listOwnAssets,
  type OwnAsset,
  ownAssetChange,
  ownAssetClasses,
  ownAssetInput,
} from "./own-assets.ts";
export { ownAssetTables } from "./personal-tables.ts";
export {
  createOwnAsset,
  deleteOwnPrice,
  listOwnPrices,
  longestPriceText,
  ownPrice,
  ownPriceList,
  type PricesReport,
  storeOwnPrices,
} from "./prices.ts";
