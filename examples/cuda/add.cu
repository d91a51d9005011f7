__global__ void add(const float* a, const float* b, float* sum) {
  sum[threadIdx.x] = a[threadIdx.x] + b[threadIdx.x];
}
