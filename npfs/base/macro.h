/* SPDX-License-Identifier: MIT */
/*
 * Small language helpers: promises to the compiler, hand-over of ownership, arithmetic.
 *
 * Everything here is a macro or an inline function without state. The hand-over helpers
 * np_take_ptr() and np_take_fd() mark the place where ownership moves: they return the
 * value and leave the variable empty (NULL, -1), so that scope-bound cleanup of the
 * variable has nothing left to release.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define NP_PRINTF(fmt_arg, first_arg) __attribute__((format(printf, fmt_arg, first_arg)))
#define NP_MUST_CHECK                 __attribute__((warn_unused_result))
#define NP_CLEANUP(fn)                __attribute__((cleanup(fn)))
#define NP_UNUSED                     __attribute__((unused))
#define NP_NORETURN                   __attribute__((noreturn))
#define NP_COLD                       __attribute__((cold))
#define NP_NOINLINE                   __attribute__((noinline))
#define NP_ALWAYS_INLINE              __attribute__((always_inline))
#define NP_ALIGNED(n)                 __attribute__((aligned(n)))

#define NP_LIKELY(x)   __builtin_expect(!!(x), 1)
#define NP_UNLIKELY(x) __builtin_expect(!!(x), 0)

/* Number of elements of a true array; a pointer in its place does not compile. */
#define NP_ARRAY_LEN(a)                                                                  \
	(sizeof(a) / sizeof((a)[0]) +                                                    \
	 0 * sizeof(struct {                                                             \
		 _Static_assert(!__builtin_types_compatible_p(__typeof__(a),             \
							      __typeof__(&(a)[0])),      \
				"not an array");                                         \
		 int np_dummy;                                                           \
	 }))

/*
 * The structure of type @type whose member @member lives at @ptr. The way over void *
 * is there for -Wcast-align: the member is as aligned as its structure makes it.
 */
#define np_container_of(ptr, type, member)                                               \
	(__extension__({                                                                 \
		const __typeof__(((type *)0)->member) *np_member_ = (ptr);               \
		(type *)(void *)((char *)(uintptr_t)np_member_ -                         \
				 offsetof(type, member));                                \
	}))

/* Returns the pointer in the variable @p and leaves NULL in it. */
#define np_take_ptr(p)                                                                   \
	(__extension__({                                                                 \
		__typeof__(p) np_taken_ = (p);                                           \
		(p) = NULL;                                                              \
		np_taken_;                                                               \
	}))

/* Returns the descriptor in the variable @fd and leaves -1 in it. */
#define np_take_fd(fd)                                                                   \
	(__extension__({                                                                 \
		int np_taken_ = (fd);                                                    \
		(fd) = -1;                                                               \
		np_taken_;                                                               \
	}))

/*
 * @n rounded up to a multiple of @align, which is a power of two. Wraps at the type's
 * end.
 */
#define NP_ALIGN_UP(n, align)                                                            \
	(((n) + ((__typeof__(n))(align)-1)) & ~((__typeof__(n))(align)-1))

static inline uint64_t np_min_u64(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static inline uint64_t np_max_u64(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

static inline uint32_t np_min_u32(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

static inline uint32_t np_max_u32(uint32_t a, uint32_t b)
{
	return a > b ? a : b;
}

static inline size_t np_min_size(size_t a, size_t b)
{
	return a < b ? a : b;
}

static inline size_t np_max_size(size_t a, size_t b)
{
	return a > b ? a : b;
}

static inline int64_t np_min_i64(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static inline int64_t np_max_i64(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

/* For NP_CLEANUP(): frees the heap block a local pointer owns. */
static inline void np_cleanup_free(void *pointer_to_pointer)
{
	__builtin_free(*(void **)pointer_to_pointer);
}

#define NP_CLEANUP_FREE NP_CLEANUP(np_cleanup_free)
