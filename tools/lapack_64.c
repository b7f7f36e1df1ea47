/* The functions of LAPACK that NumPy calls with integers of 64 bits, by a library whose integers have 32.

   Fortran passes the addresses of integers. The processors of bundles store the low half of an integer first, so the
   library reads what NumPy has written. What the library writes is widened afterwards; arrays are widened in place, as
   NumPy has room for 64 bits. A side of a matrix can have no more than 2^31 - 1 elements.

   In iwork only the first element means something after a call: the size that the array should have. The numbers at
   the end of calls are the lengths of texts, which compilers of Fortran append. */

#include <string.h>

static void widen(void *integers, int count) {
    while (count-- > 0) {
        int narrow;
        memcpy(&narrow, (char *)integers + 4 * count, sizeof narrow);
        long long wide = narrow;
        memcpy((char *)integers + 8 * count, &wide, sizeof wide);
    }
}

static int smaller(const int *a, const int *b) { return *a < *b ? *a : *b; }

#define FUNCTION(name, parameters, arguments, written) \
    void scipy_##name##_(); \
    void scipy_##name##_64_ parameters { \
        scipy_##name##_ arguments; \
        written; \
        widen(info, 1); \
    }

#define GEEV(name) FUNCTION(name, \
    (void *left, void *right, void *n, void *a, void *lda, void *w, void *w2, void *vl, void *ldvl, void *vr, \
     void *ldvr, void *work, void *lwork, void *info), \
    (left, right, n, a, lda, w, w2, vl, ldvl, vr, ldvr, work, lwork, info, 1L, 1L), )
GEEV(sgeev) GEEV(dgeev)

/* The complex functions have one array of values, and the array rwork. */
#define CGEEV(name) FUNCTION(name, \
    (void *left, void *right, void *n, void *a, void *lda, void *w, void *vl, void *ldvl, void *vr, void *ldvr, \
     void *work, void *lwork, void *rwork, void *info), \
    (left, right, n, a, lda, w, vl, ldvl, vr, ldvr, work, lwork, rwork, info, 1L, 1L), )
CGEEV(zgeev)

#define GELSD(name) FUNCTION(name, \
    (void *m, void *n, void *nrhs, void *a, void *lda, void *b, void *ldb, void *s, void *rcond, void *rank, \
     void *work, void *lwork, void *iwork, void *info), \
    (m, n, nrhs, a, lda, b, ldb, s, rcond, rank, work, lwork, iwork, info), widen(rank, 1); widen(iwork, 1))
GELSD(sgelsd) GELSD(dgelsd)

#define CGELSD(name) FUNCTION(name, \
    (void *m, void *n, void *nrhs, void *a, void *lda, void *b, void *ldb, void *s, void *rcond, void *rank, \
     void *work, void *lwork, void *rwork, void *iwork, void *info), \
    (m, n, nrhs, a, lda, b, ldb, s, rcond, rank, work, lwork, rwork, iwork, info), widen(rank, 1); widen(iwork, 1))
CGELSD(cgelsd) CGELSD(zgelsd)

#define GEQRF(name) FUNCTION(name, \
    (void *m, void *n, void *a, void *lda, void *tau, void *work, void *lwork, void *info), \
    (m, n, a, lda, tau, work, lwork, info), )
GEQRF(dgeqrf) GEQRF(zgeqrf)

#define GESDD(name) FUNCTION(name, \
    (void *job, void *m, void *n, void *a, void *lda, void *s, void *u, void *ldu, void *vt, void *ldvt, \
     void *work, void *lwork, void *iwork, void *info), \
    (job, m, n, a, lda, s, u, ldu, vt, ldvt, work, lwork, iwork, info, 1L), )
GESDD(sgesdd) GESDD(dgesdd)

#define CGESDD(name) FUNCTION(name, \
    (void *job, void *m, void *n, void *a, void *lda, void *s, void *u, void *ldu, void *vt, void *ldvt, \
     void *work, void *lwork, void *rwork, void *iwork, void *info), \
    (job, m, n, a, lda, s, u, ldu, vt, ldvt, work, lwork, rwork, iwork, info, 1L), )
CGESDD(cgesdd) CGESDD(zgesdd)

#define GESV(name) FUNCTION(name, \
    (void *n, void *nrhs, void *a, void *lda, void *ipiv, void *b, void *ldb, void *info), \
    (n, nrhs, a, lda, ipiv, b, ldb, info), widen(ipiv, smaller(n, n)))
GESV(sgesv) GESV(dgesv) GESV(cgesv) GESV(zgesv)

#define GETRF(name) FUNCTION(name, \
    (void *m, void *n, void *a, void *lda, void *ipiv, void *info), \
    (m, n, a, lda, ipiv, info), widen(ipiv, smaller(m, n)))
GETRF(sgetrf) GETRF(dgetrf) GETRF(cgetrf) GETRF(zgetrf)

#define HEEVD(name) FUNCTION(name, \
    (void *job, void *half, void *n, void *a, void *lda, void *w, void *work, void *lwork, void *rwork, \
     void *lrwork, void *iwork, void *liwork, void *info), \
    (job, half, n, a, lda, w, work, lwork, rwork, lrwork, iwork, liwork, info, 1L, 1L), widen(iwork, 1))
HEEVD(cheevd) HEEVD(zheevd)

#define ORGQR(name) FUNCTION(name, \
    (void *m, void *n, void *k, void *a, void *lda, void *tau, void *work, void *lwork, void *info), \
    (m, n, k, a, lda, tau, work, lwork, info), )
ORGQR(dorgqr) ORGQR(zungqr)

#define POTRF(name) FUNCTION(name, \
    (void *half, void *n, void *a, void *lda, void *info), \
    (half, n, a, lda, info, 1L), )
POTRF(spotrf) POTRF(dpotrf) POTRF(cpotrf) POTRF(zpotrf)

#define SYEVD(name) FUNCTION(name, \
    (void *job, void *half, void *n, void *a, void *lda, void *w, void *work, void *lwork, void *iwork, \
     void *liwork, void *info), \
    (job, half, n, a, lda, w, work, lwork, iwork, liwork, info, 1L, 1L), widen(iwork, 1))
SYEVD(ssyevd) SYEVD(dsyevd)
