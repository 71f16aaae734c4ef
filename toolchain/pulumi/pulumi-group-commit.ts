import type { SourcePatch } from "../making/go.ts";

/**
 * Group commit of the engine's state. As published, the engine writes the whole state before and after each step of
 * each resource, one step after the other, so that 1,000 topics cost 2,000 writes of a growing file. With this change
 * the steps that wait for such a write share one. Each is answered after a write that holds it, and never before: a
 * state that survives a crash is as true as it was.
 */
export const groupCommit: SourcePatch = {
  module: "github.com/pulumi/pulumi/pkg/v3",
  replacements: [
    {
      file: "backend/snapshot.go",
      from: `			var err error
			if request.mutator() {
				err = sm.saveSnapshot()
				hasElidedWrites = false
			} else {
				hasElidedWrites = true
			}
			request.result <- err
`,
      to: `			requests := []mutationRequest{request}
			mustSave := request.mutator()
		gather:
			for {
				select {
				case next := <-mutationRequests:
					requests = append(requests, next)
					mustSave = next.mutator() || mustSave
				default:
					break gather
				}
			}
			var err error
			if mustSave {
				err = sm.saveSnapshot()
				hasElidedWrites = false
			} else {
				hasElidedWrites = true
			}
			for _, waiting := range requests {
				waiting.result <- err
			}
`,
    },
  ],
};
