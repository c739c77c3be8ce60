// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.core.config;

/**
 * One rule of {@code --vmodule}: the log level of what matches a pattern.
 *
 * @param filePattern as klog has it: a name, or a pattern with {@code *} and {@code ?}
 * @param verbosity the level, as of {@code -v}
 */
public record VmoduleRule(String filePattern, int verbosity) {}
