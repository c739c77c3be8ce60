@NullMarked
package dev.sluice.testkit.model;

import org.jspecify.annotations.NullMarked;
