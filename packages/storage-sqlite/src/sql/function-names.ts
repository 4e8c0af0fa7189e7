/** SQL functions that every connection that reads events defines: see `defineFunctions`. */
export const PAYLOAD_FUNCTION = "aasm_payload_matches";
export const BUCKET_FUNCTION = "aasm_bucket_start";
export const METADATA_FUNCTION = "aasm_metadata_text";
