/* SPDX-License-Identifier: MIT */
/*
 * What stat(2) says of a file, in the words of Windows: attributes and times.
 *
 * Of the attributes there are DIRECTORY and READONLY (nobody may write); a file with
 * neither is NORMAL. No time of creation is kept everywhere, so the oldest of the times that
 * are stands for it.
 */
#pragma once

#include <stdint.h>
#include <sys/stat.h>

#include <windows.h>

#define FILE_STAT_TICKS_TO_1970 INT64_C(116444736000000000)
#define FILE_STAT_TICKS_PER_S   INT64_C(10000000)
#define FILE_STAT_NS_PER_TICK   100

static inline DWORD file_stat_attributes(mode_t mode)
{
	DWORD attributes = S_ISDIR(mode) ? FILE_ATTRIBUTE_DIRECTORY : 0;

	if (!(mode & (S_IWUSR | S_IWGRP | S_IWOTH)))
		attributes |= FILE_ATTRIBUTE_READONLY;
	return attributes ? attributes : FILE_ATTRIBUTE_NORMAL;
}

/* 100-ns ticks since 1601. */
static inline int64_t file_stat_ticks(const struct timespec *ts)
{
	return (int64_t)ts->tv_sec * FILE_STAT_TICKS_PER_S +
	       ts->tv_nsec / FILE_STAT_NS_PER_TICK + FILE_STAT_TICKS_TO_1970;
}

static inline FILETIME file_stat_time(const struct timespec *ts)
{
	uint64_t ticks = (uint64_t)file_stat_ticks(ts);
	FILETIME time = {(DWORD)ticks, (DWORD)(ticks >> 32)};

	return time;
}

static inline const struct timespec *file_stat_created(const struct stat *st)
{
	return st->st_ctim.tv_sec < st->st_mtim.tv_sec ? &st->st_ctim : &st->st_mtim;
}
