module stowage.dev/platform/images/pause

go 1.21
