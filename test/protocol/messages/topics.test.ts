import t from "tap";
import {
  DEFAULT_TOPICS,
  isReplyTopic,
  isTopicTemplate,
  readTopic,
  replyTopicOf,
  topicsOf,
} from "../../../protocol/messages/topics.ts";

t.test("topics are made by a template, and read by it", async (t) => {
  for (const template of [
    DEFAULT_TOPICS,
    "devices/{device}/messages/{channel}",
    "{channel}/{device}",
    "a/{channel}/b/{device}/c",
  ]) {
    t.ok(isTopicTemplate(template), template);
    t.same(readTopic(template, topicsOf(template, "cam-1").report), { device: "cam-1", channel: "report" });
  }
  t.equal(topicsOf("devices/{device}/messages/{channel}", "+").status, "devices/+/messages/status");
  t.equal(topicsOf(DEFAULT_TOPICS, "$&").report, "matchlight/v1/$&/report", "a name is a name, whatever it looks like");
  t.equal(readTopic(DEFAULT_TOPICS, "matchlight/v2/cam/report"), undefined);
  t.equal(readTopic(DEFAULT_TOPICS, "matchlight/v1/cam"), undefined);
});

t.test("what is no template is not taken", async (t) => {
  for (const text of [
    "",
    "a/b",
    "a/{device}",
    "{device}/{device}/{channel}",
    "a{device}/{channel}",
    "+/{device}/{channel}",
    "a//{device}/{channel}",
    "#/{device}/{channel}",
  ]) {
    t.notOk(isTopicTemplate(text), text);
  }
});

t.test("answers go to the carrier's own topics only", async (t) => {
  const template = "shops/{device}/x/{channel}";
  const topic = replyTopicOf(template, "process-1");
  t.equal(topic, "shops/carrier/x/process-1");
  t.ok(isReplyTopic(template, topic));
  for (const other of ["shops/counter-7/x/status", "shops/carrier/x/process-1/more", "$SYS/anything", ""])
    t.notOk(isReplyTopic(template, other), other);
});
