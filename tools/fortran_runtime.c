/* The two functions of Fortran's library that OpenBLAS calls. */

#include <string.h>

/* Join two texts; what is left of the result is filled with spaces. */
void _gfortran_concat_string(size_t length, char *result, size_t length_a, const char *a, size_t length_b,
                             const char *b) {
    memset(result, ' ', length);
    memcpy(result, a, length_a < length ? length_a : length);
    if (length_a < length) {
        size_t left = length - length_a;
        memcpy(result + length_a, b, length_b < left ? length_b : left);
    }
}

/* The time that the processor has worked. Only tests of LAPACK call it, and what they get is 0. */
float _gfortran_etime(float **times) {
    (*times)[0] = (*times)[1] = 0;
    return 0;
}
