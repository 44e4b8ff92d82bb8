// grid: one index for a grid that may be folded over x and y past the limit of one dimension.

fn workgroupIndex(workgroup: vec3u, grid: vec3u) -> u32 {
  return workgroup.x + workgroup.y * grid.x;
}
