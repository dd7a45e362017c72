/** Stands in for the real backup: what matters is that, and how often, it is started. */
export async function backupVolume(request: { readonly claim: string }): Promise<string> {
  return request.claim;
}
