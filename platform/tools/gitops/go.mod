module stowage.dev/platform/tools/gitops

go 1.26.0

require (
	github.com/external-secrets/external-secrets v1.3.2
	github.com/fluxcd/pkg/envsubst v1.8.0
)
