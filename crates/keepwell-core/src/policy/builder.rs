//! Builds the key of one call from what the front end supplies.

use std::borrow::Cow;

use super::{CachePolicy, ComposedKey, KeyFunction, NoKey, SourceDepth};
use crate::cbor::Encoder;
use crate::id::{FlowRunId, TaskRunId};
use crate::key::{CacheKey, Digest, KeyHasher, Part, compose, named_digests};
use crate::{Error, ErrorKind};

/// Takes the parts of one call's key.
///
/// A front end asks which parts the policy wants and supplies each of them once, in any order. Supplying one that is
/// not wanted does nothing. The first part that cannot be computed, or a part never supplied, leaves the call without a
/// key.
#[derive(Debug)]
pub struct KeyBuilder<'a> {
    policy: &'a CachePolicy,
    hasher: KeyHasher,
    has_inputs: bool,
    inputs: Vec<(Cow<'static, str>, Digest)>,
    parts: Vec<(Part, Digest)>,
    /// A part was supplied as not there, so its absence is no mistake.
    absent: Vec<Part>,
    lone_text: Option<String>,
    no_key: Option<NoKey>,
}

impl<'a> KeyBuilder<'a> {
    pub(super) fn new(policy: &'a CachePolicy) -> Self {
        Self {
            policy,
            hasher: KeyHasher::new(),
            has_inputs: false,
            inputs: Vec::new(),
            parts: Vec::new(),
            absent: Vec::new(),
            lone_text: None,
            no_key: None,
        }
    }

    /// Whether [`input`](KeyBuilder::input) should be called for each argument of the call.
    pub fn wants_inputs(&self) -> bool {
        self.policy.parts.inputs && self.no_key.is_none()
    }

    /// How much of the task's code is wanted, if it is.
    pub fn wants_task_source(&self) -> Option<SourceDepth> {
        self.policy.parts.task_source
    }

    /// Whether [`flow_parameters`](KeyBuilder::flow_parameters) is wanted.
    pub fn wants_flow_parameters(&self) -> bool {
        self.policy.parts.flow_parameters
    }

    /// Whether [`run_id`](KeyBuilder::run_id) is wanted.
    pub fn wants_run_id(&self) -> bool {
        self.policy.parts.run_id
    }

    /// Whether [`build`](KeyBuilder::build) is wanted.
    pub fn wants_build(&self) -> bool {
        self.policy.parts.build
    }

    /// The functions whose texts are wanted, each by [`key_function`](KeyBuilder::key_function).
    pub fn wanted_functions(&self) -> &'a [KeyFunction] {
        &self.policy.functions
    }

    /// One argument: `encode` writes its value, and is not called if the policy leaves the argument out.
    pub fn input<N, E>(&mut self, name: N, encode: E)
    where
        N: Into<Cow<'static, str>>,
        E: FnOnce(&mut KeyHasher) -> Result<(), Error>,
    {
        let name = name.into();
        self.has_inputs = true;
        if !self.wants_inputs() || self.policy.excluded.contains(name.as_ref()) {
            return;
        }
        match encode(&mut self.hasher) {
            Ok(()) => self.inputs.push((name, self.hasher.finish())),
            Err(error) => self.fail(error),
        }
    }

    /// The digest of the task's code at the wanted depth.
    pub fn task_source(&mut self, digest: Digest) {
        self.supply(self.policy.parts.task_source.is_some(), Part::TaskSource, digest);
    }

    /// The digest of the flow run's parameters (see [`named_digests`]), or `None` outside a flow.
    pub fn flow_parameters(&mut self, digest: Option<Digest>) {
        match digest {
            Some(digest) => self.supply(self.policy.parts.flow_parameters, Part::FlowParameters, digest),
            None => self.absent.push(Part::FlowParameters),
        }
    }

    /// There is no task run at all: neither code nor run can be part of the key.
    pub fn without_run(&mut self) {
        self.absent.extend([Part::TaskSource, Part::RunId]);
    }

    /// The flow run, where there is one, and the task run.
    pub fn run_id(&mut self, flow_run: Option<FlowRunId>, task_run: TaskRunId) {
        if self.policy.parts.run_id {
            let id = flow_run.as_ref().map_or(task_run.as_bytes(), FlowRunId::as_bytes);
            self.supply(true, Part::RunId, Digest::of(id));
        }
    }

    /// The digest of the program's build.
    pub fn build(&mut self, digest: Digest) {
        self.supply(self.policy.parts.build, Part::Build, digest);
    }

    /// What one of the wanted functions returned; `None`, or an empty text, means that the call is not to be cached.
    pub fn key_function(&mut self, function: &KeyFunction, text: Option<String>) {
        let part = Part::KeyFunction(function.name().clone());
        match text.filter(|text| !text.is_empty()) {
            None => self.leave_out(NoKey::Declined(function.name().clone())),
            Some(text) if self.policy.lone_key_function().is_some() => {
                self.supply(true, part, Digest::of(text.as_bytes()));
                self.lone_text = Some(text);
            }
            Some(text) => {
                Encoder::new(&mut self.hasher).text(&text);
                let digest = self.hasher.finish();
                self.supply(true, part, digest);
            }
        }
    }

    /// A part that was wanted cannot be computed. The first such error is the reason why there is no key.
    pub fn fail(&mut self, error: Error) {
        self.hasher = KeyHasher::new();
        self.leave_out(NoKey::Uncomputable(error));
    }

    /// A key function broke its contract, such as by returning no text. The run must not go on without a key.
    pub fn refuse(&mut self, error: Error) {
        self.hasher = KeyHasher::new();
        self.no_key = Some(NoKey::Refused(error));
    }

    /// The key, or why there is none, with the digests of what was supplied.
    pub fn finish(mut self) -> ComposedKey {
        if self.policy.parts.inputs && self.has_inputs && self.no_key.is_none() {
            let digest = named_digests(&mut self.inputs, &mut self.hasher);
            self.supply(true, Part::Inputs, digest);
        }
        let key = self.key();
        ComposedKey { key, parts: self.parts, inputs: self.inputs }
    }

    fn key(&mut self) -> Result<CacheKey, NoKey> {
        if let Some(reason) = self.no_key.take() {
            return Err(reason);
        }
        if self.policy.is_none() {
            return Err(NoKey::Policy);
        }
        if let Some(missing) = self.missing() {
            let message = format!("the part `{missing}` of the cache key was not supplied");
            return Err(NoKey::Uncomputable(Error::new(ErrorKind::Key, message)));
        }
        if let Some(text) = self.lone_text.take() {
            return CacheKey::new(text).map_err(NoKey::Uncomputable);
        }
        if self.parts.is_empty() {
            return Err(NoKey::NoParts);
        }
        Ok(compose(&mut self.parts, &mut self.hasher))
    }

    /// A part that the policy has and the front end did not speak of. Inputs are not among them: a task may have none.
    fn missing(&self) -> Option<Part> {
        let wanted = [
            (self.policy.parts.task_source.is_some(), Part::TaskSource),
            (self.policy.parts.flow_parameters, Part::FlowParameters),
            (self.policy.parts.run_id, Part::RunId),
            (self.policy.parts.build, Part::Build),
        ];
        let functions = self.policy.functions.iter().map(|function| (true, Part::KeyFunction(function.name().clone())));
        wanted
            .into_iter()
            .chain(functions)
            .find(|(is_wanted, part)| *is_wanted && !self.knows(part))
            .map(|(_, part)| part)
    }

    fn knows(&self, part: &Part) -> bool {
        self.absent.contains(part) || self.parts.iter().any(|(supplied, _)| supplied == part)
    }

    fn supply(&mut self, is_wanted: bool, part: Part, digest: Digest) {
        if is_wanted && !self.parts.iter().any(|(supplied, _)| *supplied == part) {
            self.parts.push((part, digest));
        }
    }

    fn leave_out(&mut self, reason: NoKey) {
        self.no_key.get_or_insert(reason);
    }
}
