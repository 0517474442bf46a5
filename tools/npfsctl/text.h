/* SPDX-License-Identifier: MIT */
/*
 * Words for what the library tells in numbers
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

const char *ctl_type_text(uint32_t type);
const char *ctl_config_text(uint32_t config);
const char *ctl_state_text(uint32_t state);
long long ctl_most(uint32_t max_instances);
void ctl_rights_text(uint32_t rights, char *text, size_t cap);
void ctl_process_text(uint32_t pid, uint32_t uid, char *text, size_t cap);
