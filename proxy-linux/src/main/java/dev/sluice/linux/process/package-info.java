// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

/**
 * Runs the host's own tools: the iptables tools and modprobe. The only package that starts a process; knows this one's
 * program and the files that it maps, too.
 */
@NullMarked
package dev.sluice.linux.process;

import org.jspecify.annotations.NullMarked;
