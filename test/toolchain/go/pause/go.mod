module event-platform-kit/toolchain/pause

go 1.25.0
