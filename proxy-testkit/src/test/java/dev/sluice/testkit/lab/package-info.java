@NullMarked
package dev.sluice.testkit.lab;

import org.jspecify.annotations.NullMarked;
