// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

/** The network lab: a node, its Pods and an outside client as network namespaces of this JVM. */
@NullMarked
package dev.sluice.testkit.lab;

import org.jspecify.annotations.NullMarked;
